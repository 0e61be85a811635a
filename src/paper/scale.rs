//! The scale of every page: paper size, resolution, paper speed and gain, and the pixels they come to.

/// Dots an inch.
pub const DPI: f64 = 200.0;
/// Page width: 11 inches.
pub const WIDTH_PX: u32 = 2200;
/// Page height: 8.5 inches.
pub const HEIGHT_PX: u32 = 1700;
/// Paper speed, mm a second.
pub const MM_PER_S: f64 = 25.0;
/// Gain, mm a millivolt.
pub const MM_PER_MV: f64 = 10.0;
/// Pixels a second: 196.85.
pub const PX_PER_S: f64 = MM_PER_S * DPI / MM_PER_INCH;
/// Pixels a millivolt: 78.74.
pub const PX_PER_MV: f64 = MM_PER_MV * DPI / MM_PER_INCH;

const MM_PER_INCH: f64 = 25.4;
const POINTS_PER_INCH: f64 = 72.0;

/// Millimetres of paper in pixels.
pub(super) const fn mm(millimetres: f64) -> f64 {
    millimetres * DPI / MM_PER_INCH
}

/// Typographic points in pixels.
pub(super) const fn pt(points: f64) -> f64 {
    points * DPI / POINTS_PER_INCH
}
