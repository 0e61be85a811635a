//! Pillow's bicubic resize of 8-bit pictures, bit for bit.
//!
//! In go an RGB picture, the size it is resized to and the part of the result that is wanted; out comes that part. GEM was
//! trained on pictures resized by Pillow, and its resize is unlike others: the kernel (Catmull-Rom, a = -0.5) widens when
//! shrinking, the weights are rounded to 22 bits, and the horizontal pass is rounded to 8 bits before the vertical one.
//! (Pillow, `src/libImaging/Resample.c`: `precompute_coeffs`, `normalize_coeffs_8bpc`.)

use image::RgbImage;

/// Bits behind the point of a weight: 8 bits of colour and 2 bits of head room leave 22 of 32.
const PRECISION_BITS: u32 = 32 - 8 - 2;
/// How far the bicubic kernel reaches, in pixels of the smaller picture.
const SUPPORT: f64 = 2.0;

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

/// Which input pixels make one output pixel, and how much each counts.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes `image` to `width` x `height` and keeps `window` of it. Only what the window needs is computed, so that the
/// cost is bounded by the picture and the window, however large the resized picture would be.
pub(super) fn resize(image: &RgbImage, width: u32, height: u32, window: Window) -> RgbImage {
    let columns = taps(image.width(), width, window.left, window.width);
    let rows = taps(image.height(), height, window.top, window.height);
    let first_row = rows.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end_row = rows.iter().map(|taps| taps.first + taps.weights.len()).max().unwrap_or(0);

    let source = image.as_raw();
    let source_stride = image.width() as usize * 3;
    let stride = window.width as usize * 3;
    let mut horizontal = vec![0u8; stride * (end_row - first_row)];
    for (line, row) in horizontal.chunks_exact_mut(stride).zip(first_row..) {
        let source_line = &source[row * source_stride..][..source_stride];
        for (pixel, taps) in line.chunks_exact_mut(3).zip(&columns) {
            let inputs = source_line[taps.first * 3..].chunks_exact(3);
            pixel.copy_from_slice(&weighted(inputs, &taps.weights));
        }
    }

    let mut result = vec![0u8; stride * window.height as usize];
    for (line, taps) in result.chunks_exact_mut(stride).zip(&rows) {
        for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
            let rows = taps.first - first_row..taps.first - first_row + taps.weights.len();
            let inputs = rows.map(|row| &horizontal[row * stride + column * 3..][..3]);
            pixel.copy_from_slice(&weighted(inputs, &taps.weights));
        }
    }
    RgbImage::from_raw(window.width, window.height, result).expect("the buffer has the window's size (this is a bug)")
}

/// The sum of the weighted pixels, rounded and clamped to 8 bits.
fn weighted<'a>(inputs: impl Iterator<Item = &'a [u8]>, weights: &[i32]) -> [u8; 3] {
    // One half, so that the shift rounds.
    let mut sums = [1i64 << (PRECISION_BITS - 1); 3];
    for (input, weight) in inputs.zip(weights) {
        for (sum, value) in sums.iter_mut().zip(input) {
            *sum += i64::from(*value) * i64::from(*weight);
        }
    }
    sums.map(|sum| (sum >> PRECISION_BITS).clamp(0, 255) as u8)
}

/// The taps of `count` output pixels from `start` on, when `input` pixels are resized to `output`.
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
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    fn whole(width: u32, height: u32) -> Window {
        Window { left: 0, top: 0, width, height }
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
        assert_eq!(resize(&image, 13, 7, whole(13, 7)), image);
    }

    #[test]
    fn values_of_pillow_are_met() {
        // Pillow 10.4: an RGB picture of one row, resize((3, 1)), ((4, 1)) and ((9, 1)) with BICUBIC.
        let values = [0, 255, 3, 250, 128, 7];
        let row = RgbImage::from_fn(6, 1, |x, _| Rgb([values[x as usize]; 3]));
        let resized =
            |width| resize(&row, width, 1, whole(width, 1)).pixels().map(|pixel| pixel.0[0]).collect::<Vec<_>>();
        assert_eq!(resized(3), [108, 149, 90]);
        assert_eq!(resized(4), [98, 113, 192, 45]);
        assert_eq!(resized(9), [0, 135, 237, 22, 118, 251, 153, 57, 0]);
        let column = image::imageops::rotate90(&row);
        assert_eq!(
            resize(&column, 1, 3, whole(1, 3)).pixels().map(|pixel| pixel.0[1]).collect::<Vec<_>>(),
            [108, 149, 90]
        );
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
            let full = resize(&image, width, height, whole(width, height));
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
            let resized = resize(&image, to.0, to.1, whole(to.0, to.1));
            prop_assert!(resized.pixels().all(|pixel| pixel.0 == colour));
        }
    }
}
