"""How colours look to people with other colour vision, and in grey print."""

import numpy as np

GROUND = "#f3f2ee"  # of the map

# Linear light as dichromats see it (Machado, Oliveira and Fernandes 2009, severity 1); grey by luminance
VISIONS = {
    "all cones": np.eye(3),
    "no red cones": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "no green cones": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
    "no blue cones": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
    "grey": np.array([[0.2126, 0.7152, 0.0722]] * 3),
}
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def channels(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def over(colour: str, opacity: float, ground: str = GROUND) -> np.ndarray:
    """Channels of a colour that lets the ground shine through."""
    return opacity * channels(colour) + (1 - opacity) * channels(ground)


def linear(shown: np.ndarray) -> np.ndarray:
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def luminance(shown: np.ndarray) -> float:
    return float(linear(shown) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Contrast ratio of WCAG."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(shown: np.ndarray, vision: str) -> np.ndarray:
    seen = _XYZ @ np.clip(VISIONS[vision] @ linear(shown), 0, 1) / np.array([0.95047, 1.0, 1.08883])
    root = np.where(seen > 0.008856, np.cbrt(seen), 7.787 * seen + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(one: np.ndarray, other: np.ndarray, vision: str) -> float:
    """Distance in CIELAB; 2.3 is just seen side by side, 10 at a glance."""
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))
