//! Marks on the clinician's page: a band behind the trace, its edges, a sign and a label.
//!
//! In come the marks and the cells with their traces; the bands are tinted into the page, then the edges, signs and
//! labels are painted. Each kind has a colour *and* a shape, so that a print in black and white or a reader who does not see
//! colours loses nothing: supported `[✓]`, contradicted `[[✗]]` with double edges, not measurable `[?]` dashed, evidence an
//! open bracket `⎴` with a dot. Colours after Okabe and Ito, which people with any colour vision tell apart.

use super::{
    canvas::Canvas,
    geometry::{Area, Trace},
    page::{Mark, MarkKind},
    scale::{mm, pt},
    text::{Text, Weight, fitted},
};

const LABEL_PT: f64 = 7.0;
const LINE_PX: f64 = 2.2;
const BAND_PERCENT: u32 = 15;
/// The side of a sign.
const SIGN: f64 = mm(2.0);
/// Labels of neighbours that would touch are stacked, at most so high.
const MAX_LEVELS: usize = 4;

fn colour(kind: MarkKind) -> [u8; 3] {
    match kind {
        MarkKind::Supported => [0, 120, 90],
        MarkKind::Contradicted => [200, 80, 0],
        MarkKind::NotMeasurable => [90, 90, 90],
        MarkKind::Evidence => [0, 100, 170],
    }
}

/// Draws the marks that fall into these traces; returns the kinds that are on the page now.
pub(super) fn draw(canvas: &mut Canvas, marks: &[Mark], traces: &[Trace]) -> Vec<MarkKind> {
    let mut bands = Vec::new();
    for trace in traces {
        let mut taken: Vec<(f64, f64, usize)> = Vec::new();
        for mark in marks.iter().filter(|mark| mark.lead == trace.lead) {
            if let Some(area) = band(mark, trace) {
                let level = free_level(&mut taken, &area, mark.label.as_deref());
                bands.push((mark, area, level));
            }
        }
    }
    for (mark, area, _) in &bands {
        canvas.tint(*area, colour(mark.kind), BAND_PERCENT);
    }
    for kind in MarkKind::ALL {
        for (mark, area, level) in bands.iter().filter(|(mark, ..)| mark.kind == kind) {
            edges(canvas, *area, kind);
            let y = area.bottom - mm(1.2) - *level as f64 * mm(3.4);
            sign(canvas, kind, area.left + mm(0.8), y - SIGN);
            if let Some(label) = &mark.label {
                let label = fitted(label, LABEL_PT, Weight::Bold, mm(60.0));
                canvas.text(&label, area.left + mm(0.8) + SIGN + mm(0.8), y, LABEL_PT, Weight::Bold);
            }
        }
        canvas.paint(colour(kind));
    }
    MarkKind::ALL.into_iter().filter(|kind| bands.iter().any(|(mark, ..)| mark.kind == *kind)).collect()
}

/// The sign and the name of each of these kinds, from `x` on.
pub(super) fn legend(canvas: &mut Canvas, kinds: &[MarkKind], mut x: f64, y: f64) {
    for kind in kinds {
        sign(canvas, *kind, x, y - SIGN);
        x = canvas.text(kind.name(), x + SIGN + mm(1.0), y, LABEL_PT, Weight::Regular) + mm(5.0);
        canvas.paint(colour(*kind));
    }
}

/// The part of a trace's row that a mark covers: at least 1 mm wide, so that a moment can be seen too.
fn band(mark: &Mark, trace: &Trace) -> Option<Area> {
    let (from_s, to_s) = (mark.from_s.max(trace.start_s), mark.to_s.min(trace.end_s()));
    let ordered = mark.from_s.is_finite() && mark.to_s.is_finite() && mark.from_s <= mark.to_s;
    if !ordered || from_s > to_s {
        return None;
    }
    let missing = (mm(1.0) - (to_s - from_s) * trace.px_per_s).max(0.0) / 2.0;
    Some(Area {
        left: (trace.x_of(from_s) - missing).round(),
        right: (trace.x_of(to_s) + missing).round(),
        top: (trace.area.top + mm(1.0)).round(),
        bottom: (trace.area.bottom - mm(1.0)).round(),
    })
}

/// The lowest level at which the label does not run into one that is there already.
fn free_level(taken: &mut Vec<(f64, f64, usize)>, area: &Area, label: Option<&str>) -> usize {
    let words = label.map_or(0.0, |label| Text::new(label, LABEL_PT, Weight::Bold).width_px().min(mm(60.0)));
    let (left, right) = (area.left, area.left + SIGN + mm(2.6) + words);
    let free = |level: &usize| !taken.iter().any(|(from, to, at)| at == level && left < *to && *from < right);
    let level = (0..MAX_LEVELS).find(free).unwrap_or(MAX_LEVELS - 1);
    taken.push((left, right, level));
    level
}

fn edges(canvas: &mut Canvas, area: Area, kind: MarkKind) {
    let serif = mm(1.4).min((area.right - area.left) / 2.0);
    let page = canvas.bounds();
    for (x, inwards) in [(area.left, 1.0), (area.right, -1.0)] {
        let inner = x + inwards * serif;
        match kind {
            MarkKind::Evidence => {
                canvas.stroke([(x, area.top + mm(4.0)), (x, area.top)], LINE_PX, page);
            }
            MarkKind::NotMeasurable => {
                let mut y = area.top;
                while y < area.bottom {
                    canvas.stroke([(x, y), (x, (y + mm(1.5)).min(area.bottom))], LINE_PX, page);
                    y += mm(3.0);
                }
            }
            MarkKind::Supported | MarkKind::Contradicted => {
                let bracket = [(inner, area.top), (x, area.top), (x, area.bottom), (inner, area.bottom)];
                canvas.stroke(bracket, LINE_PX, page);
            }
        }
        if kind == MarkKind::Contradicted {
            let outer = x - inwards * mm(0.8);
            canvas.stroke([(outer, area.top), (outer, area.bottom)], LINE_PX, page);
        }
    }
    if kind == MarkKind::Evidence {
        canvas.stroke([(area.left, area.top), (area.right, area.top)], LINE_PX, page);
    }
}

/// The sign of a kind in a square whose top left corner is given.
fn sign(canvas: &mut Canvas, kind: MarkKind, left: f64, top: f64) {
    let page = canvas.bounds();
    let at = |x: f64, y: f64| (left + x * SIGN, top + y * SIGN);
    match kind {
        MarkKind::Supported => canvas.stroke([at(0.0, 0.55), at(0.35, 0.95), at(1.0, 0.1)], pt(0.9), page),
        MarkKind::Contradicted => {
            canvas.stroke([at(0.05, 0.05), at(0.95, 0.95)], pt(0.9), page);
            canvas.stroke([at(0.05, 0.95), at(0.95, 0.05)], pt(0.9), page);
        }
        MarkKind::NotMeasurable => {
            canvas.text("?", left + 0.1 * SIGN, top + SIGN, LABEL_PT + 1.0, Weight::Bold);
        }
        MarkKind::Evidence => canvas.stroke([at(0.5, 0.5)], SIGN * 0.8, page),
    }
}
