//! Graph paper: lines every millimetre, stronger every five.
//!
//! Lines lie on whole pixels, as matplotlib puts them: a line of 1.39 pixels is one full pixel with a faint one on either
//! side. So every line of a kind looks the same and the page keeps few colours.

use image::RgbImage;

use super::{scale::mm, stroke::PixelRect};

/// One kind of grid line.
#[derive(Clone, Copy)]
pub(super) struct Ruling {
    pub colour: [u8; 3],
    /// The share of the colour, in percent, in the full pixel and in the two beside it.
    pub core_percent: u32,
    pub side_percent: u32,
}

/// Graph paper.
pub(super) struct Grid {
    pub rect: PixelRect,
    /// A point where strong lines cross, in pixels.
    pub origin: (f64, f64),
    pub minor: Ruling,
    pub major: Ruling,
    pub order: Order,
}

/// What is painted over what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// All upright lines, then all level ones, in each the strong lines first: what matplotlib does.
    UprightFirst,
    /// All fine lines, then all strong ones.
    FineFirst,
}

impl Grid {
    /// Rules an image.
    pub(super) fn rule(&self, image: &mut RgbImage) {
        let upright = |image: &mut RgbImage, major: bool| {
            for x in line_pixels(self.origin.0, self.rect.left, self.rect.right, major) {
                self.line(image, x, true, major);
            }
        };
        let level = |image: &mut RgbImage, major: bool| {
            for y in line_pixels(self.origin.1, self.rect.top, self.rect.bottom, major) {
                self.line(image, y, false, major);
            }
        };
        match self.order {
            Order::UprightFirst => {
                upright(image, true);
                upright(image, false);
                level(image, true);
                level(image, false);
            }
            Order::FineFirst => {
                upright(image, false);
                level(image, false);
                upright(image, true);
                level(image, true);
            }
        }
    }

    fn line(&self, image: &mut RgbImage, at: i64, upright: bool, major: bool) {
        let ruling = if major { self.major } else { self.minor };
        for (offset, percent) in [(-1, ruling.side_percent), (0, ruling.core_percent), (1, ruling.side_percent)] {
            let at = at + offset;
            let (low, high) =
                if upright { (self.rect.left, self.rect.right) } else { (self.rect.top, self.rect.bottom) };
            if percent == 0 || at < low as i64 || at >= high as i64 {
                continue;
            }
            let run = if upright { self.rect.top..self.rect.bottom } else { self.rect.left..self.rect.right };
            for along in run {
                let (x, y) = if upright { (at as u32, along as u32) } else { (along as u32, at as u32) };
                let pixel = &mut image.get_pixel_mut(x, y).0;
                for (old, new) in pixel.iter_mut().zip(ruling.colour) {
                    *old = ((u32::from(*old) * (100 - percent) + u32::from(new) * percent + 50) / 100) as u8;
                }
            }
        }
    }
}

/// The pixels of the strong lines or of the fine lines between them: those nearest to where the lines are due. A line may
/// lie just outside and still touch the grid with its side.
fn line_pixels(origin: f64, from: usize, to: usize, major: bool) -> impl Iterator<Item = i64> {
    let first = ((from as f64 - origin) / mm(1.0)).floor() as i64;
    let last = ((to as f64 - origin) / mm(1.0)).ceil() as i64;
    (first..=last)
        .filter(move |index| (index.rem_euclid(5) == 0) == major)
        .map(move |index| (origin + index as f64 * mm(1.0)).round() as i64)
}
