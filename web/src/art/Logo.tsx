/** The mark: four tiles, one of them alive. */

export function Logo({ size }: { size: number }) {
  return (
    <svg className="art-logo" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true"
      focusable="false">
      <rect x="2" y="2" width="28.5" height="28.5" rx="4.5" fill="#1B5542" />
      <rect x="33.5" y="2" width="28.5" height="28.5" rx="4.5" fill="#8FBBA3" />
      <rect x="2" y="33.5" width="28.5" height="28.5" rx="4.5" fill="#8FBBA3" />
      <rect x="33.5" y="33.5" width="28.5" height="28.5" rx="4.5" fill="#D9571A" />
      <path
        d="M48.5 37.5C49 42 55 45 55 51.2C55 55.6 52 58.6 47.8 58.6C43.6 58.6 40.6 55.6
           40.6 51.5C40.6 48.2 42.8 46.5 43.8 43.6C45 44.6 45.6 45.7 45.8 46.9C47.7 44.6
           48.9 41.5 48.5 37.5Z"
        fill="#FFE9C4"
      />
    </svg>
  );
}
