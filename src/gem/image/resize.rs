//! Pillow's bicubic resize of 8-bit pictures, bit for bit.
//!
//! In go a picture on a [`Canvas`], the size that is resized to and the part of the result that is wanted; out comes that
//! part. GEM was trained on pictures resized by Pillow, and its resize is unlike others: the kernel (Catmull-Rom, a = -0.5)
//! widens when shrinking, the weights are rounded to 22 bits, and the horizontal pass is rounded to 8 bits before the
//! vertical one. (Pillow, `src/libImaging/Resample.c`: `precompute_coeffs`, `normalize_coeffs_8bpc`.)

use std::ops::Range;

use image::RgbImage;
use pulp::{Arch, Simd, WithSimd};

use super::canvas::Canvas;

/// Bits behind the point of a weight: 8 bits of colour and 2 bits of head room leave 22 of 32.
const PRECISION_BITS: u32 = 32 - 8 - 2;
/// How far the bicubic kernel reaches, in pixels of the smaller picture.
const SUPPORT: f64 = 2.0;
/// Rows that the horizontal pass turns at a time: as many that their turned columns stay in the nearest cache.
const ROWS: usize = 16;

/// A part of a resized picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Columns left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

impl Window {
    /// All of a picture.
    pub(super) fn whole(width: u32, height: u32) -> Window {
        Window { left: 0, top: 0, width, height }
    }
}

/// Which input pixels make one output pixel, and how much each counts.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes a canvas to `width` x `height` and keeps `window` of it. Only what the window needs is computed, so that time and
/// memory are bounded by the canvas and the window, however large the resized picture would be.
pub(super) fn resize(canvas: &Canvas<'_>, width: u32, height: u32, window: Window) -> RgbImage {
    let (columns, needed_columns) = from_zero(taps(canvas.width, width, window.left, window.width));
    let (rows, needed_rows) = from_zero(taps(canvas.height, height, window.top, window.height));
    let horizontal = horizontal_pass(canvas, &columns, needed_columns, needed_rows);
    let line_bytes = columns.len() * 3;
    let mut result = vec![0; line_bytes * rows.len()];
    Arch::new().dispatch(WeighLines { lines: &horizontal, line_bytes, taps: &rows, result: &mut result });
    RgbImage::from_raw(window.width, window.height, result).expect("the buffer has the window's size (this is a bug)")
}

/// Which input pixels the taps need at all, and the taps counted from the first of these.
fn from_zero(mut taps: Vec<Taps>) -> (Vec<Taps>, Range<usize>) {
    let first = taps.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end = taps.iter().map(|taps| taps.first + taps.weights.len()).max().unwrap_or(0);
    for taps in &mut taps {
        taps.first -= first;
    }
    (taps, first..end)
}

/// Resizes the needed rows of a canvas to the wanted columns; three bytes a pixel, row by row.
fn horizontal_pass(
    canvas: &Canvas<'_>,
    columns: &[Taps],
    needed_columns: Range<usize>,
    needed_rows: Range<usize>,
) -> Vec<u8> {
    let arch = Arch::new();
    let mut result = Vec::with_capacity(needed_rows.len() * columns.len() * 3);
    let mut painted = [const { Vec::new() }; ROWS];
    let mut turned = vec![[[0; 3]; ROWS]; needed_columns.len()];
    let mut weighed = vec![[[0; 3]; ROWS]; columns.len()];
    for first_row in needed_rows.clone().step_by(ROWS) {
        // The last rows may be fewer; the last one then stands in for what is not there.
        let mut row = first_row;
        let rows = painted.each_mut().map(|buffer| {
            let pixels = canvas.row(row.min(needed_rows.end - 1), buffer);
            row += 1;
            &pixels[needed_columns.clone()]
        });
        turn(rows, &mut turned);
        arch.dispatch(WeighLines {
            lines: turned.as_flattened().as_flattened(),
            line_bytes: ROWS * 3,
            taps: columns,
            result: weighed.as_flattened_mut().as_flattened_mut(),
        });
        for row in 0..ROWS.min(needed_rows.end - first_row) {
            result.extend(weighed.iter().flat_map(|column| column[row]));
        }
    }
    result
}

/// Rows to columns.
fn turn(rows: [&[[u8; 3]]; ROWS], columns: &mut [[[u8; 3]; ROWS]]) {
    let rows = rows.map(|row| &row[..columns.len()]);
    for (index, column) in columns.iter_mut().enumerate() {
        for (pixel, row) in column.iter_mut().zip(&rows) {
            *pixel = row[index];
        }
    }
}

/// Makes lines of weighted lines, all of them `line_bytes` long: each of `taps` gives one of `result`.
struct WeighLines<'a> {
    lines: &'a [u8],
    line_bytes: usize,
    taps: &'a [Taps],
    result: &'a mut [u8],
}

impl WithSimd for WeighLines<'_> {
    type Output = ();

    // In here, the compiler may use all vector instructions of the machine it runs on.
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined keeps to the instructions of the oldest machines
    fn with_simd<S: Simd>(self, _: S) {
        let length = self.line_bytes;
        let mut sums = vec![0; length];
        for (result, taps) in self.result.chunks_exact_mut(length).zip(self.taps) {
            // One half, so that the shift rounds.
            sums.fill(1 << (PRECISION_BITS - 1));
            let lines = &self.lines[taps.first * length..][..taps.weights.len() * length];
            // Four lines at a time, because the sums are read and written each time.
            let (fours, rest) = taps.weights.as_chunks::<4>();
            let (lines_of_fours, lines_of_rest) = lines.split_at(fours.len() * 4 * length);
            for (lines, [a, b, c, d]) in lines_of_fours.chunks_exact(4 * length).zip(fours) {
                let (first, others) = lines.split_at(length);
                let (second, others) = others.split_at(length);
                let (third, fourth) = others.split_at(length);
                for ((((sum, p), q), r), s) in sums.iter_mut().zip(first).zip(second).zip(third).zip(fourth) {
                    *sum += i32::from(*p) * a + i32::from(*q) * b + i32::from(*r) * c + i32::from(*s) * d;
                }
            }
            for (line, weight) in lines_of_rest.chunks_exact(length).zip(rest) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum += i32::from(*value) * weight;
                }
            }
            for (value, sum) in result.iter_mut().zip(&sums) {
                *value = (sum >> PRECISION_BITS).clamp(0, 255) as u8;
            }
        }
    }
}

/// The taps of `count` output pixels from `start` on, when `input` pixels are resized to `output`. The weights of a pixel are
/// 1 in sum and less than 2 in sum of their amounts, so that 255 times them fits 32 bits.
fn taps(input: u32, output: u32, start: u32, count: u32) -> Vec<Taps> {
    if input == output {
        // Pillow skips a pass that changes nothing; a single tap of weight one is the same.
        return (start..start + count)
            .map(|i| Taps { first: i as usize, weights: vec![1 << PRECISION_BITS] })
            .collect();
    }
    let scale = f64::from(input) / f64::from(output);
    let filter_scale = scale.max(1.0);
    let support = SUPPORT * filter_scale;
    (start..start + count)
        .map(|index| {
            let centre = (f64::from(index) + 0.5) * scale;
            // Casts of negative numbers stop at 0, which is where Pillow clamps too.
            let first = (centre - support + 0.5) as usize;
            let end = ((centre + support + 0.5) as usize).min(input as usize);
            let exact: Vec<f64> = (first..end).map(|tap| bicubic((tap as f64 - centre + 0.5) / filter_scale)).collect();
            let sum: f64 = exact.iter().sum();
            let weights = exact.iter().map(|weight| (weight / sum * f64::from(1 << PRECISION_BITS)).round() as i32);
            Taps { first, weights: weights.collect() }
        })
        .collect()
}

/// The bicubic kernel with a = -0.5 (Keys 1981, doi:10.1109/TASSP.1981.1163711).
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use image::{
        Rgb,
        imageops::{rotate90, rotate270},
    };
    use proptest::prelude::*;

    use super::*;

    const HALF: i64 = 1 << (PRECISION_BITS - 1);

    fn resize(image: &RgbImage, width: u32, height: u32, window: Window) -> RgbImage {
        super::resize(&Canvas::of(image), width, height, window)
    }

    fn noise(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let value = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7;
            Rgb([value as u8, (value >> 8) as u8, (value >> 16) as u8])
        })
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let image = noise(13, 7);
        assert_eq!(resize(&image, 13, 7, Window::whole(13, 7)), image);
    }

    #[test]
    fn values_of_pillow_are_met() {
        // Pillow 10.4: an RGB picture of one row, resize((3, 1)), ((4, 1)) and ((9, 1)) with BICUBIC.
        let values = [0, 255, 3, 250, 128, 7];
        let row = RgbImage::from_fn(6, 1, |x, _| Rgb([values[x as usize]; 3]));
        let resized = |width| {
            resize(&row, width, 1, Window::whole(width, 1)).pixels().map(|pixel| pixel.0[0]).collect::<Vec<_>>()
        };
        assert_eq!(resized(3), [108, 149, 90]);
        assert_eq!(resized(4), [98, 113, 192, 45]);
        assert_eq!(resized(9), [0, 135, 237, 22, 118, 251, 153, 57, 0]);
        let column = rotate90(&row);
        assert_eq!(
            resize(&column, 1, 3, Window::whole(1, 3)).pixels().map(|pixel| pixel.0[1]).collect::<Vec<_>>(),
            [108, 149, 90]
        );
    }

    /// The definition: every sum in 64 bits, the whole picture, then the cut.
    fn by_definition(image: &RgbImage, width: u32, height: u32) -> RgbImage {
        let pass = |image: &RgbImage, width: u32| {
            let columns = taps(image.width(), width, 0, width);
            RgbImage::from_fn(width, image.height(), |x, y| {
                let taps = &columns[x as usize];
                Rgb([0, 1, 2].map(|channel| {
                    let products = taps
                        .weights
                        .iter()
                        .zip(taps.first as u32..)
                        .map(|(weight, tap)| i64::from(image.get_pixel(tap, y).0[channel]) * i64::from(*weight));
                    ((HALF + products.sum::<i64>()) >> PRECISION_BITS).clamp(0, 255) as u8
                }))
            })
        };
        rotate270(&pass(&rotate90(&pass(image, width)), height))
    }

    #[test]
    fn weights_are_one_in_sum_and_below_two_in_amount() {
        let sizes = [1u32, 2, 3, 5, 7, 24, 100, 335, 336, 337, 671, 1008, 1700, 2200, 4095, 8191, 8192];
        for (input, output) in sizes.into_iter().flat_map(|input| sizes.map(|output| (input, output))) {
            for taps in taps(input, output, 0, output) {
                let sum: i64 = taps.weights.iter().map(|weight| i64::from(*weight)).sum();
                let amount: i64 = taps.weights.iter().map(|weight| i64::from(weight.abs())).sum();
                assert!((sum - (1 << PRECISION_BITS)).abs() <= taps.weights.len() as i64, "{input} to {output}");
                assert!(amount * 255 + HALF < i64::from(i32::MAX), "{input} to {output}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_window_is_the_cut_of_the_whole(
            (from_width, from_height) in (1u32..40, 1u32..40),
            (width, height) in (1u32..40, 1u32..40),
            (x, y) in (0.0..1.0f64, 0.0..1.0f64),
        ) {
            let image = noise(from_width, from_height);
            let full = by_definition(&image, width, height);
            let (left, top) = ((f64::from(width) * x) as u32, (f64::from(height) * y) as u32);
            let window = Window { left, top, width: width - left, height: height - top };
            let cut = image::imageops::crop_imm(&full, left, top, window.width, window.height).to_image();
            prop_assert_eq!(resize(&image, width, height, window), cut);
        }

        #[test]
        fn one_colour_stays_that_colour(
            (from, to) in ((1u32..50, 1u32..50), (1u32..50, 1u32..50)),
            colour in any::<[u8; 3]>(),
        ) {
            let image = RgbImage::from_pixel(from.0, from.1, Rgb(colour));
            let resized = resize(&image, to.0, to.1, Window::whole(to.0, to.1));
            prop_assert!(resized.pixels().all(|pixel| pixel.0 == colour));
        }
    }
}
