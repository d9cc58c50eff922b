/** Icons: 24 grid, 2 px line, round caps, no fill, one shape idea each. */

const paths = {
  badge:
    "M12 2.5L14.8 5.2H18.8V9.2L21.5 12L18.8 14.8V18.8H14.8L12 21.5" +
    "L9.2 18.8H5.2V14.8L2.5 12L5.2 9.2V5.2H9.2Z",
  level: "M3 20V15.5H9V11H15V6.5H21V20Z",
  streak: "M4 6.5H20V20H4ZM4 11H20M8.5 3.5V6.5M15.5 3.5V6.5M8.5 15.5L11 18L15.5 13.5",
  best: "M2.5 19L9 8L13 14.5L15.5 11L21.5 19ZM9 8V3.5L13 5L9 6.5",
  block: "M12 3L20 7.5V16.5L12 21L4 16.5V7.5ZM4 7.5L12 12L20 7.5M12 12V21",
  share: "M12 15V3.5M8 7L12 3.5L16 7M5 12V20.5H19V12",
  search: "M10.5 4A6.5 6.5 0 1 1 10.5 17A6.5 6.5 0 1 1 10.5 4ZM15.5 15.5L20.5 20.5",
  sun:
    "M12 8A4 4 0 1 1 12 16A4 4 0 1 1 12 8ZM12 2V4M12 20V22M2 12H4M20 12H22M4.9 4.9" +
    "L6.3 6.3M17.7 17.7L19.1 19.1M4.9 19.1L6.3 17.7M17.7 6.3L19.1 4.9",
  moon: "M10.5 3.5A8.8 8.8 0 1 0 20.5 13.5A7 7 0 0 1 10.5 3.5Z",
  copy: "M8.5 8.5H20V20H8.5ZM15.5 8.5V4H4V15.5H8.5",
  check: "M4.5 12.5L9.5 17.5L19.5 6.5",
  "wifi-off":
    "M2.5 9.5C8 4.5 16 4.5 21.5 9.5M6.2 13.5C9.5 10.5 14.5 10.5 17.8 13.5" +
    "M10 17.2C11.2 16.2 12.8 16.2 14 17.2M12 20.8V20.9M4.5 20L19.5 3",
  flame:
    "M12.5 2.5C13 6.5 18.5 9 18.5 14.5C18.5 18.5 15.5 21.5 12 21.5" +
    "C8.5 21.5 5.5 18.5 5.5 14.5C5.5 11.5 7.5 10 8.5 7.5C9.5 8.5 10 9.5 10.2 10.5" +
    "C11.8 8.5 12.8 6 12.5 2.5ZM12 21.5C10.3 21.5 9.3 20.2 9.3 18.5" +
    "C9.3 16.5 11.5 15.5 12 13.5C13.5 15 14.7 16.5 14.7 18.5" +
    "C14.7 20.2 13.7 21.5 12 21.5Z",
  wall:
    "M3.5 3.5H10.5V10.5H3.5ZM13.5 3.5H20.5V10.5H13.5ZM3.5 13.5H10.5" +
    "V20.5H3.5ZM13.5 13.5H20.5V20.5H13.5Z",
  rewards: "M4 6H20M4 12H20M4 18H14",
  calendar: "M4 5.5H20V20H4ZM4 10.5H20M8.5 3V6M15.5 3V6",
  up: "M12 20V4.5M5.5 11L12 4.5L18.5 11",
  close: "M5.5 5.5L18.5 18.5M18.5 5.5L5.5 18.5",
  person: "M12 4A4 4 0 1 1 12 12A4 4 0 1 1 12 4ZM4 20.5C4 13.5 20 13.5 20 20.5",
  key: "M8 8.5A4.5 4.5 0 1 1 8 17.5A4.5 4.5 0 1 1 8 8.5ZM12.5 13H21.5V17M17.5 13V16",
  eye: "M2.5 12C7 4.5 17 4.5 21.5 12C17 19.5 7 19.5 2.5 12ZM12 9.2A2.8 2.8 0 1 1 12 14.8A2.8 2.8 0 1 1 12 9.2Z",
  device: "M3.5 5H20.5V16H3.5ZM8 20H16M12 16V20",
  link: "M10 7H7A5 5 0 0 0 7 17H10M14 7H17A5 5 0 0 1 17 17H14M8.5 12H15.5",
  sliders: "M4 7H11M17 7H20M4 17H7M13 17H20M14 4.5V9.5M10 14.5V19.5",
  out: "M13 4H4.5V20H13M9.5 12H21M17 8L21 12L17 16",
  qr: "M4 4H10V10H4ZM14 4H20V10H14ZM4 14H10V20H4ZM14 14V17M20 14V20H17M14 20.2V20.1",
  camera: "M3.5 7.5H8L9.5 4.5H14.5L16 7.5H20.5V19.5H3.5ZM12 10A3.5 3.5 0 1 1 12 17A3.5 3.5 0 1 1 12 10Z",
  flag: "M5.5 21V4H19L15.5 9L19 14H5.5",
  box: "M3.5 4.5H20.5V9H3.5ZM5 9V20H19V9M9.5 13H14.5",
  right: "M9 5L16 12L9 19",
  left: "M15 5L8 12L15 19",
  plus: "M12 4V20M4 12H20",
  minus: "M4 12H20",
  whole: "M4 9V4H9M15 4H20V9M20 15V20H15M9 20H4V15",
  warn: "M12 3.5L21.5 20H2.5ZM12 9.5V14M12 17V17.1",
  menu: "M4 6.5H20M4 12H20M4 17.5H20",
  miner:
    "M3.5 3.5H20.5V20.5H3.5ZM3.5 11A7.5 7.5 0 0 0 11 3.5M20.5 13" +
    "A7.5 7.5 0 0 0 13 20.5",
} as const;

export type IconName = keyof typeof paths;

export const iconNames = Object.keys(paths) as readonly IconName[];

/** Decoration: the word beside it, or the button's label, says what it means. */
export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="art-icon" viewBox="0 0 24 24" width={size} height={size} fill="none"
      stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round"
      aria-hidden="true" focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
