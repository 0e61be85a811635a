//! The page at true scale on A4, and on the next one the reading with its claims.
//!
//! 25 mm/s and 10 mm/mV hold on paper if it is printed at its size. Text is set in Helvetica, which every reader of PDF has; what
//! that font has no letter for becomes a question mark.

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

use super::page;
use crate::ecg::Strip;
use crate::grounding::Verdict;
use crate::paper::DPI;
use crate::wire::Alert;

/// A4, across, in points.
const A4_PT: (f32, f32) = (841.89, 595.28);
const MARGIN_PT: f32 = 36.0;
const LETTER_PT: f32 = 10.0;
const LINE_PT: f32 = 13.5;
/// Characters of a line at that size.
const LINE_CHARACTERS: usize = 140;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PICTURE: Ref = Ref::new(3);
const FONT: Ref = Ref::new(4);
const FIRST_PAGE: i32 = 5;

/// The document.
pub fn pdf(alert: &Alert, strip: &Strip) -> Vec<u8> {
    let image = page::image(alert, strip);
    let (width, height) = image.dimensions();
    let points = |pixels: u32| pixels as f32 * 72.0 / DPI as f32;
    let mut drawing = Content::new();
    drawing.save_state();
    let (x, y) = ((A4_PT.0 - points(width)) / 2.0, (A4_PT.1 - points(height)) / 2.0);
    drawing.transform([points(width), 0.0, 0.0, points(height), x, y]);
    drawing.x_object(Name(b"Page"));
    drawing.restore_state();
    let mut sheets = vec![drawing.finish().into_vec()];
    let lines_a_sheet = ((A4_PT.1 - 2.0 * MARGIN_PT) / LINE_PT) as usize;
    sheets.extend(lines(alert).chunks(lines_a_sheet).map(text_sheet));

    let mut pdf = Pdf::new();
    let page_of = |sheet: usize| Ref::new(FIRST_PAGE + 2 * sheet as i32);
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids((0..sheets.len()).map(page_of)).count(sheets.len() as i32);
    for (number, content) in sheets.iter().enumerate() {
        let content_of = Ref::new(FIRST_PAGE + 2 * number as i32 + 1);
        let mut sheet = pdf.page(page_of(number));
        sheet.media_box(Rect::new(0.0, 0.0, A4_PT.0, A4_PT.1)).parent(PAGES).contents(content_of);
        let mut resources = sheet.resources();
        resources.fonts().pair(Name(b"F"), FONT);
        resources.x_objects().pair(Name(b"Page"), PICTURE);
        resources.finish();
        sheet.finish();
        pdf.stream(content_of, content);
    }
    pdf.type1_font(FONT).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    let pixels = miniz_oxide::deflate::compress_to_vec_zlib(image.as_raw(), 6);
    let mut picture = pdf.image_xobject(PICTURE, &pixels);
    picture.filter(Filter::FlateDecode);
    picture.width(width as i32).height(height as i32).bits_per_component(8);
    picture.color_space().device_rgb();
    picture.finish();
    pdf.finish()
}

fn text_sheet(lines: &[String]) -> Vec<u8> {
    let mut content = Content::new();
    content.begin_text().set_font(Name(b"F"), LETTER_PT).set_leading(LINE_PT);
    content.next_line(MARGIN_PT, A4_PT.1 - MARGIN_PT);
    for line in lines {
        content.show(Str(&latin(line))).next_line(0.0, -LINE_PT);
    }
    content.end_text();
    content.finish().into_vec()
}

/// The letters of Windows code page 1252 that are those of Latin 1.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

fn lines(alert: &Alert) -> Vec<String> {
    let mut lines = vec![
        format!("{}: {}", alert.stream_id, alert.name),
        alert.message.clone(),
        format!("onset {}, raised {}", alert.onset, alert.raised_at),
    ];
    for evidence in &alert.evidence {
        lines.push(format!(
            "  {}: {} {} in {}, {:.1} to {:.1} s",
            evidence.what,
            evidence.value,
            evidence.unit,
            evidence.leads.join(" "),
            evidence.from_s,
            evidence.to_s
        ));
    }
    if let Some(reading) = &alert.reading {
        lines.push(String::new());
        let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(": {remark}"));
        lines.push(format!("Reading by {}{remark}", reading.model));
        lines.push(reading.text.clone());
        lines.push(String::new());
        for claim in &reading.claims {
            let verdict = match claim.verdict {
                Verdict::Supported => "supported",
                Verdict::Contradicted => "contradicted",
                Verdict::NotMeasurable => "not measurable",
            };
            let measured = claim.measured.map_or_else(String::new, |value| {
                format!(", measured {value:.2} {}", claim.unit.as_deref().unwrap_or_default())
            });
            lines.push(format!("  {verdict}: \"{}\" ({}){measured}", claim.text, claim.about));
        }
    }
    lines.push(String::new());
    lines.push("Research use only. gemwatch is not a medical device.".to_owned());
    lines.iter().flat_map(|line| folded(line)).collect()
}

/// A line cut between words where it is too long.
fn folded(line: &str) -> Vec<String> {
    let mut folded = vec![String::new()];
    for word in line.split(' ') {
        let last = folded.last_mut().expect("there is one from the start (this is a bug)");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > LINE_CHARACTERS {
            folded.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_words() {
        let text = "word ".repeat(100);
        let folded = folded(text.trim_end());
        assert_eq!(folded.len(), 4);
        assert!(folded.iter().all(|line| line.chars().count() <= LINE_CHARACTERS));
        assert_eq!(folded.join(" "), text.trim_end());
        assert_eq!(latin("≥ µV"), b"? \xb5V");
    }
}
