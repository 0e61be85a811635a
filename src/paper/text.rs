//! Text on the page, in Noto Sans.
//!
//! In come a text, a size and a weight; out goes coverage. The font is part of the program (`assets/font/`), so a page
//! looks the same on every machine. A character that the font lacks is drawn as an empty box, a control character not at all.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::{scale::pt, stroke::Coverage};

/// How bold the letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    fn font(self) -> &'static FontRef<'static> {
        static REGULAR: LazyLock<FontRef<'static>> =
            LazyLock::new(|| parsed(include_bytes!("../../assets/font/NotoSans-Regular.ttf")));
        static BOLD: LazyLock<FontRef<'static>> =
            LazyLock::new(|| parsed(include_bytes!("../../assets/font/NotoSans-Bold.ttf")));
        match self {
            Weight::Regular => &REGULAR,
            Weight::Bold => &BOLD,
        }
    }
}

fn parsed(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the built-in font can be read (this is a bug)")
}

/// A line of text in one size and weight.
pub(super) struct Text<'a> {
    content: &'a str,
    font: &'static FontRef<'static>,
    scale: PxScale,
}

impl<'a> Text<'a> {
    pub(super) fn new(content: &'a str, size_pt: f64, weight: Weight) -> Text<'a> {
        let font = weight.font();
        // `ab_glyph` scales by the font's height, typography by its em.
        let em_per_height = font.height_unscaled() / font.units_per_em().unwrap_or(1000.0);
        Text { content, font, scale: PxScale::from(pt(size_pt) as f32 * em_per_height) }
    }

    fn characters(&self) -> impl Iterator<Item = char> {
        self.content.chars().filter(|character| !character.is_control())
    }

    pub(super) fn width_px(&self) -> f64 {
        let font = self.font.as_scaled(self.scale);
        self.characters().map(|character| f64::from(font.h_advance(font.glyph_id(character)))).sum()
    }

    /// Inks the text from `x` on, its baseline at `y`.
    pub(super) fn draw(&self, x: f64, y: f64, coverage: &mut Coverage) {
        let font = self.font.as_scaled(self.scale);
        let mut pen = x as f32;
        for character in self.characters() {
            let id = font.glyph_id(character);
            let glyph = id.with_scale_and_position(self.scale, point(pen, y as f32));
            pen += font.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let (left, top) = (outline.px_bounds().min.x, outline.px_bounds().min.y);
            outline.draw(|column, row, share| {
                let (column, row) = (left + column as f32, top + row as f32);
                if column >= 0.0 && row >= 0.0 {
                    coverage.raise(column as usize, row as usize, (share * 255.0 + 0.5) as u8);
                }
            });
        }
    }
}

/// The longest begin of a text that fits into a width; "…" shows where it was cut.
pub(super) fn fitted(text: &str, size_pt: f64, weight: Weight, width_px: f64) -> String {
    if Text::new(text, size_pt, weight).width_px() <= width_px {
        return text.to_owned();
    }
    let room = width_px - Text::new("…", size_pt, weight).width_px();
    let font = weight.font();
    let scaled = font.as_scaled(Text::new("", size_pt, weight).scale);
    let mut used = 0.0;
    let kept = text.chars().take_while(|character| {
        used += f64::from(scaled.h_advance(scaled.glyph_id(*character)));
        used <= room
    });
    kept.collect::<String>() + "…"
}
