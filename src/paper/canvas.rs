//! A page being drawn: its pixels, and the ink that waits to be painted on them.

use image::{Rgb, RgbImage};

use super::{
    geometry::Area,
    scale::{HEIGHT_PX, WIDTH_PX},
    stroke::{Coverage, PixelRect},
    text::{Text, Weight},
};

/// Coverage is painted in this many steps. Few enough that a page of one ink on graph paper has at most 256 colours,
/// which makes its PNG file small and fast to write; more than the eye tells apart on a line two pixels wide.
const STEPS: u32 = 13;

/// The nearest step to each coverage.
const STEPS_OF_COVERAGE: [u8; 256] = {
    let mut steps = [0; 256];
    let mut coverage = 0;
    while coverage < 256 {
        steps[coverage] = ((coverage as u32 * STEPS + 127) / 255) as u8;
        coverage += 1;
    }
    steps
};

/// So many pixels are looked at together.
const BLOCK: usize = 8;

/// A page being drawn.
#[derive(Clone)]
pub(super) struct Canvas {
    image: RgbImage,
    coverage: Coverage,
}

impl Canvas {
    /// Starts on prepared paper.
    pub(super) fn on(image: RgbImage) -> Canvas {
        Canvas { image, coverage: Coverage::new(WIDTH_PX as usize, HEIGHT_PX as usize) }
    }

    /// The whole page as a clip.
    pub(super) fn bounds(&self) -> PixelRect {
        self.coverage.bounds()
    }

    /// Inks a polyline; see [`Coverage::stroke`].
    pub(super) fn stroke(&mut self, points: impl IntoIterator<Item = (f64, f64)>, width_px: f64, clip: PixelRect) {
        self.coverage.stroke(points, width_px, clip);
    }

    /// Inks a text whose baseline begins at `x`, `y`. Returns where it ends.
    pub(super) fn text(&mut self, text: &str, x: f64, y: f64, size_pt: f64, weight: Weight) -> f64 {
        let text = Text::new(text, size_pt, weight);
        text.draw(x, y, &mut self.coverage);
        x + text.width_px()
    }

    /// Paints the ink that waits, in this colour.
    pub(super) fn paint(&mut self, colour: [u8; 3]) {
        let rect = self.coverage.touched();
        if rect.is_empty() {
            return;
        }
        let width = self.image.width() as usize;
        for y in rect.top..rect.bottom {
            let ink = self.coverage.row_mut(y);
            let pixels = &mut self.image.as_mut()[(y * width + rect.left) * 3..(y * width + rect.right) * 3];
            // Most of a page is free of ink: look at many pixels at a time.
            let (ink_blocks, ink_rest) = ink.as_chunks_mut::<BLOCK>();
            let (pixel_blocks, pixel_rest) = pixels.as_chunks_mut::<{ 3 * BLOCK }>();
            for (ink, pixels) in ink_blocks.iter_mut().zip(pixel_blocks) {
                if *ink != [0; BLOCK] {
                    paint_run(ink, pixels, colour);
                }
            }
            paint_run(ink_rest, pixel_rest, colour);
        }
        self.coverage.reset_touched();
    }

    /// Tints a rectangle of whole pixels: `percent` of the colour, the rest stays as it was.
    pub(super) fn tint(&mut self, area: Area, colour: [u8; 3], percent: u32) {
        let rect = PixelRect::around(area.left, area.top, area.right, area.bottom).intersect(self.bounds());
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                let Rgb(pixel) = self.image.get_pixel_mut(x as u32, y as u32);
                blend(pixel, colour, percent, 100);
            }
        }
    }

    /// The finished image.
    pub(super) fn into_image(self) -> RgbImage {
        self.image
    }
}

/// Paints some pixels and takes their ink.
fn paint_run(ink: &mut [u8], pixels: &mut [u8], colour: [u8; 3]) {
    for (value, pixel) in ink.iter_mut().zip(pixels.as_chunks_mut::<3>().0) {
        // Without a branch for pixels free of ink: they cannot be foretold, and mixing in nothing changes nothing.
        let steps = STEPS_OF_COVERAGE[usize::from(*value)];
        blend(pixel, colour, u32::from(steps), STEPS);
        *value = 0;
    }
}

/// Mixes `parts` of `whole` of a colour into a pixel.
fn blend(pixel: &mut [u8], colour: [u8; 3], parts: u32, whole: u32) {
    for (old, new) in pixel.iter_mut().zip(colour) {
        let mixed = u32::from(*old) * (whole - parts) + u32::from(new) * parts;
        *old = ((mixed + whole / 2) / whole) as u8;
    }
}
