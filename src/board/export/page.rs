//! The 12-lead page of an alert: its evidence and the claims of its reading marked.

use image::RgbImage;

use super::ExportError;
use crate::ecg::{Lead, StreamId, Strip};
use crate::grounding::marks;
use crate::paper::{self, Layout, Mark, MarkKind, Page, PageInfo};
use crate::wire::{Alert, WINDOW_BEFORE_RAISED_S, rfc3339};

/// Evidence on all leads would cover the page: so many are marked.
const MOST_MARKED: usize = 3;

/// The page as a PNG file that knows what it shows.
pub fn png(alert: &Alert, strip: &Strip) -> Result<Vec<u8>, ExportError> {
    let page = page(alert, strip);
    let stream_id = StreamId::new(&alert.stream_id).expect("alerts are of streams with an id (this is a bug)");
    let mut bytes = Vec::new();
    paper::write_png(&mut bytes, &paper::draw(strip, &page), &PageInfo::of(&stream_id, strip, &page))?;
    Ok(bytes)
}

/// The page as pixels.
pub fn image(alert: &Alert, strip: &Strip) -> RgbImage {
    paper::draw(strip, &page(alert, strip))
}

fn page(alert: &Alert, strip: &Strip) -> Page {
    // Evidence and claims count from ten seconds before the alert; a young bed has a shorter strip.
    let shift_s = strip.seconds() - WINDOW_BEFORE_RAISED_S;
    let evidence = alert.evidence.iter().flat_map(|evidence| {
        evidence.leads.iter().take(MOST_MARKED).map(|lead| Mark {
            lead: Lead::from_name(lead),
            from_s: evidence.from_s,
            to_s: evidence.to_s,
            label: Some(evidence.what.clone()),
            kind: MarkKind::Evidence,
        })
    });
    let claims = alert.reading.iter().flat_map(|reading| &reading.claims).flat_map(marks);
    let in_strip = |mark: Mark| Mark { from_s: mark.from_s + shift_s, to_s: mark.to_s + shift_s, ..mark };
    Page {
        layout: Layout::ClinicianPage,
        caption: caption(alert, strip),
        marks: evidence.chain(claims).map(in_strip).collect(),
    }
}

fn caption(alert: &Alert, strip: &Strip) -> Vec<String> {
    let mut lines = vec![
        format!("{}   {}", alert.stream_id, rfc3339(strip.start)),
        format!("{}: {}", alert.name, alert.message),
        format!("raised {}", alert.raised_at),
    ];
    if let Some(reading) = &alert.reading {
        let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
        lines.push(format!("read by {}{remark}", reading.model));
    }
    lines.push("research use only, not a medical device".to_owned());
    lines
}
