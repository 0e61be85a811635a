//! Anti-aliased strokes: how much of each pixel a line covers.
//!
//! A polyline comes in, coverage from 0 (none) to 255 (all) goes into a [`Coverage`]. A stroke is the set of points within
//! half its width of the line, so joins and ends are round. The coverage of a pixel falls from 1 to 0 over one pixel
//! around the stroke's edge; segments are joined by their maximum, so that nothing is inked twice where they meet.
//! Only `+ - * /` and `sqrt` on `f32` are used, which IEEE 754 rounds the same everywhere: pixels do not depend on the machine.

/// A half-open rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PixelRect {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl PixelRect {
    pub(super) const EMPTY: PixelRect = PixelRect { left: usize::MAX, top: usize::MAX, right: 0, bottom: 0 };

    /// The whole pixels an area touches; negative edges count as 0.
    pub(super) fn around(left: f64, top: f64, right: f64, bottom: f64) -> PixelRect {
        PixelRect {
            left: left.floor() as usize,
            top: top.floor() as usize,
            right: right.ceil() as usize,
            bottom: bottom.ceil() as usize,
        }
    }

    pub(super) fn intersect(self, other: PixelRect) -> PixelRect {
        PixelRect {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    fn grow_to(&mut self, other: PixelRect) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
    }

    pub(super) fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }
}

/// How far each pixel of a page is covered by ink that has not been painted yet.
#[derive(Clone)]
pub(super) struct Coverage {
    width: usize,
    height: usize,
    values: Vec<u8>,
    touched: PixelRect,
}

impl Coverage {
    pub(super) fn new(width: usize, height: usize) -> Coverage {
        Coverage { width, height, values: vec![0; width * height], touched: PixelRect::EMPTY }
    }

    /// The whole page.
    pub(super) fn bounds(&self) -> PixelRect {
        PixelRect { left: 0, top: 0, right: self.width, bottom: self.height }
    }

    /// The rectangle in which there may be coverage.
    pub(super) fn touched(&self) -> PixelRect {
        self.touched
    }

    /// One row of the touched rectangle.
    pub(super) fn row_mut(&mut self, y: usize) -> &mut [u8] {
        let start = y * self.width;
        &mut self.values[start + self.touched.left..start + self.touched.right]
    }

    /// Forgets the touched rectangle, once its rows are zero again.
    pub(super) fn reset_touched(&mut self) {
        self.touched = PixelRect::EMPTY;
    }

    /// Covers one pixel at least as far as this.
    pub(super) fn raise(&mut self, x: usize, y: usize, coverage: u8) {
        if x < self.width && y < self.height {
            let value = &mut self.values[y * self.width + x];
            *value = (*value).max(coverage);
            self.touched.grow_to(PixelRect { left: x, top: y, right: x + 1, bottom: y + 1 });
        }
    }

    /// Strokes a polyline, `width` pixels wide, inside `clip`. A point that is not finite interrupts the line; a point
    /// between two interruptions becomes a dot.
    pub(super) fn stroke(&mut self, points: impl IntoIterator<Item = (f64, f64)>, width: f64, clip: PixelRect) {
        let clip = clip.intersect(self.bounds());
        if clip.is_empty() {
            return;
        }
        let half_width = width as f32 / 2.0;
        let reach = f64::from(half_width) + 1.0;
        let (top, bottom) = (clip.top as f64 - reach, clip.bottom as f64 + reach);
        let mut previous: Option<(f64, f64)> = None;
        let mut joined = false;
        for point in points {
            if !(point.0.is_finite() && point.1.is_finite()) {
                self.dot_if_alone(previous, joined, half_width, clip);
                (previous, joined) = (None, false);
                continue;
            }
            if let Some(from) = previous {
                if let Some((from, to)) = cut_to_rows(from, point, top, bottom) {
                    self.segment(from, to, half_width, clip);
                }
                joined = true;
            }
            previous = Some(point);
        }
        self.dot_if_alone(previous, joined, half_width, clip);
    }

    fn dot_if_alone(&mut self, point: Option<(f64, f64)>, joined: bool, half_width: f32, clip: PixelRect) {
        if let (Some(point), false) = (point, joined) {
            self.segment(point, point, half_width, clip);
        }
    }

    /// One segment with round ends. Its ends lie near the page, so that `f32` holds them to a thousandth of a pixel.
    fn segment(&mut self, from: (f64, f64), to: (f64, f64), half_width: f32, clip: PixelRect) {
        let (ax, ay, bx, by) = (from.0 as f32, from.1 as f32, to.0 as f32, to.1 as f32);
        let (dx, dy) = (bx - ax, by - ay);
        let squared_length = dx * dx + dy * dy;
        let per_squared_length = if squared_length > 0.0 { 1.0 / squared_length } else { 0.0 };
        let reach = half_width + 0.5;
        let rect = PixelRect {
            left: pixel_of(ax.min(bx) - reach),
            top: pixel_of(ay.min(by) - reach),
            right: pixel_of(ax.max(bx) + reach) + 1,
            bottom: pixel_of(ay.max(by) + reach) + 1,
        }
        .intersect(clip);
        if rect.is_empty() {
            return;
        }
        self.touched.grow_to(PixelRect { right: (rect.right + LANES).min(clip.right), ..rect });

        // On a row, nothing farther from the (endless) line than this is within reach of it.
        let slanted = dy.abs() > 4.0;
        let (slope, spread) =
            if slanted { (dx / dy, reach * squared_length.sqrt() / dy.abs()) } else { (0.0, f32::INFINITY) };
        for y in rect.top..rect.bottom {
            let py = y as f32 + 0.5 - ay;
            let (mut left, mut right) = (rect.left, rect.right);
            if slanted {
                let x = ax + py * slope;
                left = left.max(pixel_of(x - spread));
                right = right.min(pixel_of(x + spread) + 1);
                if left >= right {
                    continue;
                }
            }
            let line = LineAt { px: left as f32 + 0.5 - ax, py, dx, dy, per_squared_length, reach };
            // Whole blocks are faster; beyond the reach the coverage is 0.
            right = (left + (right - left).next_multiple_of(LANES)).min(clip.right);
            let (blocks, rest) = self.values[y * self.width + left..y * self.width + right].as_chunks_mut::<LANES>();
            let rest_offset = (blocks.len() * LANES) as f32;
            for (index, block) in blocks.iter_mut().enumerate() {
                raise(block, line.coverage((index * LANES) as f32));
            }
            if !rest.is_empty() {
                raise(rest, line.coverage(rest_offset));
            }
        }
    }
}

/// The pixel in which a coordinate lies; 0 for those before the page. (By way of `i32`, for which there is an instruction.)
fn pixel_of(coordinate: f32) -> usize {
    (coordinate as i32).max(0) as usize
}

fn raise(values: &mut [u8], coverage: [u8; LANES]) {
    for (value, new) in values.iter_mut().zip(coverage) {
        *value = (*value).max(new);
    }
}

/// So many pixels are computed at once, which the compiler turns into vector instructions; most segments are narrower.
const LANES: usize = 4;

/// A segment as seen from the first pixel of a row: the pixel's centre and the segment's other end relative to its first end.
struct LineAt {
    px: f32,
    py: f32,
    dx: f32,
    dy: f32,
    per_squared_length: f32,
    reach: f32,
}

impl LineAt {
    /// The coverage of the pixels from `offset` on.
    #[inline]
    fn coverage(&self, offset: f32) -> [u8; LANES] {
        let along = self.py * self.dy;
        let mut coverage = [0.0_f32; LANES];
        for (lane, coverage) in coverage.iter_mut().enumerate() {
            let px = self.px + offset + lane as f32;
            let t = ((px * self.dx + along) * self.per_squared_length).clamp(0.0, 1.0);
            let (ex, ey) = (px - t * self.dx, self.py - t * self.dy);
            *coverage = (self.reach - (ex * ex + ey * ey).sqrt()).clamp(0.0, 1.0) * 255.0;
        }
        // Added to 2^23, a number below 256 is rounded into the lowest byte: a conversion that vectors can do.
        coverage.map(|coverage| (coverage + 8_388_608.0).to_bits() as u8)
    }
}

/// The part of a segment between two heights, so that a lead of 1000 V costs no more than its visible part.
fn cut_to_rows(from: (f64, f64), to: (f64, f64), top: f64, bottom: f64) -> Option<((f64, f64), (f64, f64))> {
    if from.1.max(to.1) < top || from.1.min(to.1) > bottom {
        return None;
    }
    let at_height = |y: f64| (from.0 + (to.0 - from.0) * ((y - from.1) / (to.1 - from.1)), y);
    let cut = |point: (f64, f64)| {
        if point.1 < top {
            at_height(top)
        } else if point.1 > bottom {
            at_height(bottom)
        } else {
            point
        }
    };
    Some((cut(from), cut(to)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIDE: usize = 64;

    fn stroked(points: &[(f64, f64)], width: f64) -> Vec<u8> {
        let mut coverage = Coverage::new(SIDE, SIDE);
        let page = coverage.bounds();
        coverage.stroke(points.iter().copied(), width, page);
        coverage.values
    }

    fn ink(values: &[u8]) -> f64 {
        values.iter().map(|value| f64::from(*value) / 255.0).sum()
    }

    #[test]
    fn a_line_covers_its_length_times_its_width() {
        // Plus the two round ends: a disc of the stroke's width.
        for (to, length) in [((50.0, 32.0), 40.0), ((10.0, 60.0), 28.0), ((40.0, 62.0), 42.43)] {
            let covered = ink(&stroked(&[(10.0, 32.0), to], 3.0));
            let expected = length * 3.0 + std::f64::consts::PI * 2.25;
            assert!((covered - expected).abs() < 0.02 * expected, "{covered} instead of {expected}");
        }
    }

    #[test]
    fn a_nan_interrupts_and_a_lonely_point_is_a_dot() {
        let gap =
            stroked(&[(5.0, 8.5), (20.0, 8.5), (25.0, f64::NAN), (30.0, 8.5), (35.0, f64::NAN), (50.0, 8.5)], 2.0);
        let row = &gap[8 * SIDE..9 * SIDE];
        assert!(row[10] == 255 && row[24] == 0 && row[36] == 0 && row[45] == 0);
        assert!(row[29] > 200 && row[49] > 200);
    }

    #[test]
    fn a_line_to_the_far_outside_keeps_its_slope() {
        let far = stroked(&[(32.0, 32.0), (32.0 + 1e30, 32.0 - 1e30)], 2.0);
        let near = stroked(&[(32.0, 32.0), (80.0, -16.0)], 2.0);
        assert_eq!(far, near);
    }

    proptest! {
        #[test]
        fn any_points_stay_inside_the_clip(points in prop::collection::vec((-1e5..1e5_f64, -1e5..1e5_f64), 0..8)) {
            let mut coverage = Coverage::new(SIDE, SIDE);
            coverage.stroke(points, 2.5, PixelRect { left: 10, top: 20, right: 30, bottom: 40 });
            for (index, value) in coverage.values.iter().enumerate() {
                let (x, y) = (index % SIDE, index / SIDE);
                prop_assert!(*value == 0 || ((10..30).contains(&x) && (20..40).contains(&y)));
            }
        }

        #[test]
        fn a_subdivided_line_is_the_same_line(x in 0.0..64.0_f64, y in 0.0..64.0_f64) {
            let whole = stroked(&[(3.0, 5.0), (x, y)], 2.0);
            let halves = stroked(&[(3.0, 5.0), (f64::midpoint(3.0, x), f64::midpoint(5.0, y)), (x, y)], 2.0);
            for (a, b) in whole.iter().zip(&halves) {
                prop_assert!(a.abs_diff(*b) <= 1);
            }
        }
    }
}
