//! The picture as the image encoder takes it: CLIP's preprocessing, exactly.
//!
//! In go an RGB picture and the package's [`ImageSpec`], out come normalised tiles. The short side is resized to the
//! tile's side (Pillow's bicubic), the middle is cut out, and each channel is scaled, centred and divided. In mode `ori` a
//! page that is wider than high loses both ends; that is how GEM was trained. In mode `pad` the page is put in the middle
//! of a square canvas first, so that nothing is lost.

use image::{DynamicImage, Rgb, RgbImage};
use ndarray::Array4;

use super::{
    manifest::{ImageMode, ImageSpec},
    resize::{Window, resize},
};

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
    /// The model wants tiles, which this version cannot make.
    #[error("image mode anyres is not supported yet: use a package exported with mode ori or pad")]
    Anyres,
}

/// A decoded picture as RGB: palettes are resolved, alpha is dropped, not blended.
pub fn to_rgb(image: DynamicImage) -> RgbImage {
    image.into_rgb8()
}

/// The normalised tiles: f32, shape (tiles, 3, side, side), channels R, G, B. Modes `ori` and `pad` make one tile.
pub fn pixel_values(image: &RgbImage, spec: &ImageSpec) -> Result<Array4<f32>, ImageError> {
    let tile = tile(image, spec)?;
    let side = spec.size as usize;
    Ok(Array4::from_shape_fn((1, 3, side, side), |(_, channel, y, x)| {
        let value = f32::from(tile.get_pixel(x as u32, y as u32).0[channel]);
        (value / 255.0 - spec.mean[channel]) / spec.std[channel]
    }))
}

/// The tile before scaling: 8-bit, `spec.size` square.
pub fn tile(image: &RgbImage, spec: &ImageSpec) -> Result<RgbImage, ImageError> {
    let (width, height) = image.dimensions();
    if width == 0 || height == 0 {
        return Err(ImageError::Empty { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    match spec.mode {
        ImageMode::Ori => Ok(fit_and_cut(image, spec.size)),
        ImageMode::Pad => Ok(fit_and_cut(&on_square_canvas(image, Rgb(spec.pad_rgb)), spec.size)),
        ImageMode::Anyres => Err(ImageError::Anyres),
    }
}

/// The picture in the middle of a square canvas.
fn on_square_canvas(image: &RgbImage, colour: Rgb<u8>) -> RgbImage {
    let (width, height) = image.dimensions();
    let side = width.max(height);
    let mut canvas = RgbImage::from_pixel(side, side, colour);
    image::imageops::replace(&mut canvas, image, i64::from((side - width) / 2), i64::from((side - height) / 2));
    canvas
}

/// Resizes the short side to `side` and cuts the middle out of the long one.
fn fit_and_cut(image: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    let long = |long: u32, short: u32| (u64::from(side) * u64::from(long) / u64::from(short)) as u32;
    let (new_width, new_height) =
        if width <= height { (side, long(height, width)) } else { (long(width, height), side) };
    let window = Window { left: (new_width - side) / 2, top: (new_height - side) / 2, width: side, height: side };
    resize(image, new_width, new_height, window)
}

#[cfg(test)]
mod tests {
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
        let cut = tile(&page, &spec(ImageMode::Ori)).unwrap();
        assert!(cut.pixels().all(|pixel| pixel.0 == [255; 3]));
        let padded = tile(&page, &spec(ImageMode::Pad)).unwrap();
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
    fn hostile_sizes_and_anyres_are_errors() {
        let pixel = RgbImage::new(1, 1);
        assert_eq!(tile(&RgbImage::new(0, 5), &spec(ImageMode::Ori)), Err(ImageError::Empty { width: 0, height: 5 }));
        assert!(matches!(tile(&RgbImage::new(8193, 1), &spec(ImageMode::Pad)), Err(ImageError::TooLarge { .. })));
        assert_eq!(tile(&pixel, &spec(ImageMode::Anyres)), Err(ImageError::Anyres));
        // The thinnest one allowed would be 2.7 million pixels wide if it were resized whole.
        assert_eq!(tile(&RgbImage::new(8192, 1), &spec(ImageMode::Ori)).unwrap().dimensions(), (336, 336));
        assert_eq!(tile(&pixel, &spec(ImageMode::Pad)).unwrap().dimensions(), (336, 336));
    }
}
