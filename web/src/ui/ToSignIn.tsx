import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/**
 * To sign in, and back here afterwards. Once: while the other page loads, this one is still here,
 * and the place is already the other.
 */
export function ToSignIn() {
  const [back] = useState(useLocation({ select: (at) => at.href }));
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to: "/sign-in", search: { back }, replace: true });
  }, [navigate, back]);
  return null;
}
