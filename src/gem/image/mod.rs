//! The picture as the image encoder takes it: CLIP's preprocessing, exactly.
//!
//! In go an RGB picture and the package's [`ImageSpec`], out come normalised tiles. The short side is resized to the
//! tile's side (Pillow's bicubic), the middle is cut out, and each channel is scaled, centred and divided. In mode `ori` a
//! page that is wider than high loses both ends; that is how GEM was trained. In mode `pad` the page is put in the middle
//! of a square canvas first, so that nothing is lost. Mode `anyres` makes several tiles (`anyres`).

mod anyres;
mod canvas;
mod resize;

use image::{DynamicImage, RgbImage};
use ndarray::Array4;

pub(super) use self::anyres::TileMap;
use self::{
    canvas::Canvas,
    resize::{Window, resize},
};
use super::manifest::{ImageMode, ImageSpec};

/// The longest side of a picture. A page at 200 dpi has 2200.
pub const MAX_SIDE: u32 = 8192;

/// Why a picture cannot be prepared.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are named in the message
pub enum ImageError {
    /// No pixel.
    #[error("the image is empty ({width} x {height})")]
    Empty { width: u32, height: u32 },
    /// A side is longer than [`MAX_SIDE`].
    #[error("the image has {width} x {height} pixels, at most {MAX_SIDE} a side are allowed")]
    TooLarge { width: u32, height: u32 },
    /// Mode `anyres` has no sizes to choose from.
    #[error("image.grid of the model package is empty: mode anyres needs a size to choose")]
    NoGrid,
}

/// A decoded picture as RGB: palettes are resolved, alpha is dropped, not blended.
pub fn to_rgb(image: DynamicImage) -> RgbImage {
    image.into_rgb8()
}

/// The normalised tiles: f32, shape (tiles, 3, side, side), channels R, G, B. Modes `ori` and `pad` make one tile.
pub fn pixel_values(image: &RgbImage, spec: &ImageSpec) -> Result<Array4<f32>, ImageError> {
    let tiles = tiles(image, spec)?;
    let side = spec.size as usize;
    let mut values = Array4::zeros((tiles.len(), 3, side, side));
    for (mut planes, tile) in values.outer_iter_mut().zip(&tiles) {
        for (channel, mut plane) in planes.outer_iter_mut().enumerate() {
            // There are 256 values a channel and 112896 pixels.
            let normalised: [f32; 256] =
                std::array::from_fn(|value| (value as f32 / 255.0 - spec.mean[channel]) / spec.std[channel]);
            for (value, pixel) in plane.iter_mut().zip(tile.pixels()) {
                *value = normalised[usize::from(pixel.0[channel])];
            }
        }
    }
    Ok(values)
}

/// The tiles before scaling: 8-bit, each `spec.size` square.
pub fn tiles(image: &RgbImage, spec: &ImageSpec) -> Result<Vec<RgbImage>, ImageError> {
    check_size(image.dimensions())?;
    match spec.mode {
        ImageMode::Ori => Ok(vec![fit_and_cut(&Canvas::of(image), spec.size)]),
        ImageMode::Pad => Ok(vec![fit_and_cut(&Canvas::square(image, spec.pad_rgb), spec.size)]),
        ImageMode::Anyres => anyres::tiles(image, spec),
    }
}

fn check_size((width, height): (u32, u32)) -> Result<(), ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::Empty { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    Ok(())
}

/// Resizes the short side to `side` and cuts the middle out of the long one.
fn fit_and_cut(canvas: &Canvas<'_>, side: u32) -> RgbImage {
    let (width, height) = (canvas.width, canvas.height);
    let long = |long: u32, short: u32| (u64::from(side) * u64::from(long) / u64::from(short)) as u32;
    let (new_width, new_height) =
        if width <= height { (side, long(height, width)) } else { (long(width, height), side) };
    let window = Window { left: (new_width - side) / 2, top: (new_height - side) / 2, width: side, height: side };
    resize(canvas, new_width, new_height, window)
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;
    use crate::gem::manifest::{Manifest, tests::small_manifest};

    fn spec(mode: ImageMode) -> ImageSpec {
        let manifest: Manifest = serde_json::from_value(small_manifest()).unwrap();
        ImageSpec { mode, ..manifest.image }
    }

    #[test]
    fn ori_cuts_the_ends_and_pad_keeps_them() {
        // Left and right tenth red, the rest white.
        let page =
            RgbImage::from_fn(1000, 500, |x, _| if (100..900).contains(&x) { Rgb([255; 3]) } else { Rgb([255, 0, 0]) });
        let cut = &tiles(&page, &spec(ImageMode::Ori)).unwrap()[0];
        assert!(cut.pixels().all(|pixel| pixel.0 == [255; 3]));
        let padded = &tiles(&page, &spec(ImageMode::Pad)).unwrap()[0];
        assert_eq!(padded.get_pixel(0, 168).0, [255, 0, 0]);
        assert_eq!(padded.get_pixel(168, 0).0, [122, 116, 104]);
    }

    #[test]
    fn channels_are_centred_and_divided() {
        let page = RgbImage::from_pixel(336, 336, Rgb([255, 0, 0]));
        let values = pixel_values(&page, &spec(ImageMode::Ori)).unwrap();
        assert_eq!(values.dim(), (1, 3, 336, 336));
        assert!((values[(0, 0, 0, 0)] - (1.0 - 0.481) / 0.269).abs() < 1e-6);
        assert!((values[(0, 1, 9, 9)] + 0.458 / 0.261).abs() < 1e-6);
    }

    #[test]
    fn hostile_sizes_are_errors() {
        for mode in [ImageMode::Ori, ImageMode::Pad, ImageMode::Anyres] {
            let empty = tiles(&RgbImage::new(0, 5), &spec(mode));
            assert_eq!(empty, Err(ImageError::Empty { width: 0, height: 5 }));
            assert!(matches!(tiles(&RgbImage::new(8193, 1), &spec(mode)), Err(ImageError::TooLarge { .. })));
        }
        let no_grid = ImageSpec { grid: Vec::new(), ..spec(ImageMode::Anyres) };
        assert_eq!(tiles(&RgbImage::new(1, 1), &no_grid), Err(ImageError::NoGrid));
    }

    #[test]
    fn the_thinnest_pictures_work_without_a_large_allocation() {
        for mode in [ImageMode::Ori, ImageMode::Pad, ImageMode::Anyres] {
            // Resized whole, such a picture would be 2.7 million pixels long; its square would take 200 MB.
            for (width, height) in [(1, 1), (8192, 1), (1, 8192)] {
                let image = RgbImage::from_pixel(width, height, Rgb([200; 3]));
                let memory = allocation_counter::measure(|| assert!(!tiles(&image, &spec(mode)).unwrap().is_empty()));
                assert!(memory.bytes_max < 32 << 20, "{mode:?}, {width} x {height}: {} bytes", memory.bytes_max);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn pictures_of_every_size_become_finite_tiles((width, height) in (1u32..600, 1u32..600), at in 0usize..3) {
            let spec = spec([ImageMode::Ori, ImageMode::Pad, ImageMode::Anyres][at]);
            let image = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
            let values = pixel_values(&image, &spec).unwrap();
            prop_assert!(values.iter().all(|value| value.is_finite()));
            prop_assert_eq!(&values.shape()[1..], [3, 336, 336]);
            let expected = if spec.mode == ImageMode::Anyres { 2..6 } else { 1..2 };
            prop_assert!(expected.contains(&values.dim().0));
        }
    }
}
