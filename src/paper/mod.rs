//! The 12-lead page as an image: what the GEM model looks at and what a clinician reads.
//!
//! In comes a [`Strip`] and a [`Page`] that says how to draw it; out go an [`RgbImage`] of true scale (25 mm/s, 10 mm/mV,
//! 200 dpi), the [`Geometry`] that leads from a pixel to the sample drawn there and back, and a PNG file that carries
//! both ([`PageInfo`]). Pure: the same strip and page give the same pixels, everywhere.
//!
//! The drawing is our own: anti-aliased strokes (`stroke`), a grid painted once and kept (`grid`); glyphs come from `ab_glyph`.

mod canvas;
mod cells;
mod clinician_page;
mod file;
mod gem_page;
mod geometry;
mod grid;
mod marks;
mod page;
mod palette;
mod scale;
mod stroke;
mod text;
mod waveform;

use image::RgbImage;

use crate::ecg::Strip;

pub use file::{MAX_PAGE_INFO_BYTES, PageFileError, PageInfo, read_page_info, write_png};
pub use geometry::{Area, Geometry, Trace};
pub use page::{Layout, Mark, MarkKind, Page};
pub use scale::{DPI, HEIGHT_PX, MM_PER_MV, MM_PER_S, PX_PER_MV, PX_PER_S, WIDTH_PX};

/// Draws the first ten seconds of a strip as a page of [`WIDTH_PX`] × [`HEIGHT_PX`] pixels.
///
/// Never fails: a lead that is not in the strip is marked "not recorded", a NaN interrupts the trace, what lies outside
/// the page is cut off, and a sampling rate that is not a positive number draws a page without traces.
pub fn draw(strip: &Strip, page: &Page) -> RgbImage {
    match page.layout {
        Layout::GemPage => gem_page::draw(strip),
        Layout::ClinicianPage => clinician_page::draw(strip, page),
    }
}
