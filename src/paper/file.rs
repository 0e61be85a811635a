//! The page as a PNG file that knows what it shows.
//!
//! An image and its [`PageInfo`] go in, PNG bytes come out; from any such PNG the [`PageInfo`] can be read back, and with it the
//! way from a pixel to the sample of the stream it stands for. The info is JSON in the iTXt chunk `gemwatch.page`, the program's name
//! in the tEXt chunk `Software`, the resolution in pHYs (PNG, third edition, sections 11.3.3 and 11.3.4.3).

use std::io::{Cursor, Write};

use image::RgbImage;
use png::{BitDepth, ColorType, Compression, DeflateCompression, Filter, PixelDimensions, Unit};
use serde::{Deserialize, Serialize};

use super::{
    geometry::Geometry,
    page::Page,
    palette,
    scale::{DPI, MM_PER_MV, MM_PER_S},
};
use crate::ecg::{Lead, StreamId, Strip};

/// The keyword of the iTXt chunk with the [`PageInfo`].
const KEYWORD: &str = "gemwatch.page";
/// The most bytes of metadata that are read from a file.
pub const MAX_PAGE_INFO_BYTES: usize = 1 << 20;

/// What a page shows, in words for machines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageInfo {
    /// Whose stream.
    pub stream_id: String,
    /// Time of the strip's first sample, RFC 3339 in UTC.
    pub start: String,
    /// The same in nanoseconds since 1970 UTC.
    pub start_ns: i64,
    /// Length of the strip.
    pub seconds: f64,
    /// Samples a second.
    pub rate_hz: f64,
    /// Paper speed.
    pub mm_per_s: f64,
    /// Gain.
    pub mm_per_mv: f64,
    /// Resolution in dots an inch.
    pub dpi: f64,
    /// The layout's name.
    pub layout: String,
    /// Standard leads that were not recorded.
    pub absent_leads: Vec<String>,
    /// Leads that were calculated from others.
    pub derived_leads: Vec<String>,
    /// Name and version of the program that drew the page.
    pub software: String,
    /// Where each trace lies.
    pub geometry: Geometry,
}

impl PageInfo {
    /// Describes the page that [`draw`](super::draw) makes of this strip.
    pub fn of(stream_id: &StreamId, strip: &Strip, page: &Page) -> PageInfo {
        let nanos = strip.start.as_nanos();
        let start = jiff::Timestamp::from_nanosecond(i128::from(nanos))
            .expect("64 bits of nanoseconds are a representable time (this is a bug)");
        PageInfo {
            stream_id: stream_id.to_string(),
            start: start.to_string(),
            start_ns: nanos,
            seconds: finite((strip.seconds() * 1e9).round() / 1e9),
            rate_hz: finite(strip.rate_hz),
            mm_per_s: MM_PER_S,
            mm_per_mv: MM_PER_MV,
            dpi: DPI,
            layout: page.layout.name().to_owned(),
            absent_leads: strip.absent_leads().iter().map(ToString::to_string).collect(),
            derived_leads: strip.leads.iter().filter(|lead| lead.derived).map(|lead| lead.lead.to_string()).collect(),
            software: concat!("gemwatch ", env!("CARGO_PKG_VERSION")).to_owned(),
            geometry: Geometry::of(strip, page),
        }
    }

    /// The lead and the sample (counted from the strip's first) that are drawn nearest to a point; `None` beside the traces.
    pub fn sample_at(&self, x: f64, y: f64) -> Option<(Lead, u64)> {
        let (lead, seconds) = self.geometry.locate(x, y)?;
        Some((lead, (seconds * self.rate_hz).round() as u64))
    }
}

/// JSON has no NaN; a strip of an impossible rate lasts 0 s.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

/// Why a page could not be written or its info not be read.
#[derive(Debug, thiserror::Error)]
pub enum PageFileError {
    /// The image is empty, or the writer failed.
    #[error("cannot write the page as PNG")]
    Write {
        /// What the PNG encoder said.
        #[source]
        source: png::EncodingError,
    },
    /// The bytes are not a sound PNG file.
    #[error("cannot read the page as PNG")]
    Read {
        /// What the PNG decoder said.
        #[source]
        source: png::DecodingError,
    },
    /// A PNG file that `write_png` did not write, or that lost its metadata on the way.
    #[error("the PNG file has no text chunk {KEYWORD:?}: it is no page of gemwatch, or its metadata were stripped")]
    NoPageInfo,
    /// The text is not the JSON of a [`PageInfo`].
    #[error("the text chunk {KEYWORD:?} does not describe a page")]
    PageInfo {
        /// What the JSON parser said.
        #[source]
        source: serde_json::Error,
    },
}

/// Writes a page as PNG, with everything about it. Lossless; with a palette where 256 colours suffice.
pub fn write_png(writer: impl Write, image: &RgbImage, info: &PageInfo) -> Result<(), PageFileError> {
    encode(writer, image, info).map_err(|source| PageFileError::Write { source })
}

fn encode(writer: impl Write, image: &RgbImage, info: &PageInfo) -> Result<(), png::EncodingError> {
    let indexed = palette::indexed(image);
    let json = serde_json::to_string(info).map_err(std::io::Error::from)?;
    let dots_a_metre = (info.dpi / 0.0254).round() as u32;

    let mut encoder = png::Encoder::new(writer, image.width(), image.height());
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: dots_a_metre, yppu: dots_a_metre, unit: Unit::Meter }));
    encoder.add_text_chunk("Software".to_owned(), info.software.clone())?;
    encoder.add_itxt_chunk(KEYWORD.to_owned(), json)?;
    // Rows of graph paper resemble the row above. Their differences are runs of zeros, which the fast coder is made for.
    encoder.set_deflate_compression(DeflateCompression::FdeflateUltraFast);
    encoder.set_filter(Filter::Up);
    if let Some(indexed) = &indexed {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(&indexed.palette);
    } else {
        encoder.set_color(ColorType::Rgb);
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(indexed.as_ref().map_or(image.as_raw(), |indexed| &indexed.indices))?;
    writer.finish()
}

/// Reads what [`write_png`] wrote about the page. The pixels are not decoded.
pub fn read_page_info(png_bytes: &[u8]) -> Result<PageInfo, PageFileError> {
    let limits = png::Limits { bytes: MAX_PAGE_INFO_BYTES };
    let reader = png::Decoder::new_with_limits(Cursor::new(png_bytes), limits)
        .read_info()
        .map_err(|source| PageFileError::Read { source })?;
    let chunks = &reader.info().utf8_text;
    let chunk = chunks.iter().find(|chunk| chunk.keyword == KEYWORD).ok_or(PageFileError::NoPageInfo)?;
    let text = chunk.get_text().map_err(|source| PageFileError::Read { source })?;
    serde_json::from_str(&text).map_err(|source| PageFileError::PageInfo { source })
}
