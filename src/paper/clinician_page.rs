//! The clinician's page: three rows of four leads and a rhythm strip on graph paper, with caption, marks and scale.
//!
//! In come a strip and its page, out goes the image. The leads stand where the recommendations for standardised
//! recording put them (AHA/ACCF/HRS 2007, part I: 3 × 4 with a rhythm strip, 25 mm/s, 10 mm/mV).

use std::sync::LazyLock;

use image::{Rgb, RgbImage};

use super::{
    canvas::Canvas,
    cells::{self, Cell, PAGE_S, clinician},
    geometry::Trace,
    grid::{Grid, Order, Ruling},
    marks,
    page::{Layout, Page},
    scale::{HEIGHT_PX, WIDTH_PX, mm, pt},
    stroke::PixelRect,
    text::{Text, Weight, fitted},
    waveform,
};
use crate::ecg::{Strip, Time};

const INK: [u8; 3] = [16, 16, 24];
const FRAME: [u8; 3] = [226, 140, 132];
const TRACE_WIDTH_PT: f64 = 0.85;
const NAME_PT: f64 = 10.0;
const NOTE_PT: f64 = 8.0;
const TITLE_PT: f64 = 13.0;
const CAPTION_PT: f64 = 8.5;
const CAPTION_LINES: usize = 5;
const CAPTION_COLUMNS: usize = 3;
/// Recordings without a date start at 1970; a year of them is more than anyone records.
const NANOS_A_YEAR: i64 = 365 * 86_400 * 1_000_000_000;

/// Draws the page.
pub(super) fn draw(strip: &Strip, page: &Page) -> RgbImage {
    let mut canvas = PAPER.clone();
    let cells = cells::of(strip, Layout::ClinicianPage);
    let traces: Vec<Option<Trace>> = cells.iter().map(|cell| Cell::trace(cell, strip)).collect();
    let drawn: Vec<Trace> = traces.iter().flatten().cloned().collect();

    let kinds = marks::draw(&mut canvas, &page.marks, &drawn);
    let paper = paper_rect();
    for trace in &drawn {
        waveform::ink_trace(&mut canvas, strip, trace, pt(TRACE_WIDTH_PT), paper);
    }
    for cell in &cells {
        ink_cell(&mut canvas, strip, cell);
    }
    ink_caption(&mut canvas, strip, &page.caption);
    ink_remarks(&mut canvas, strip, cells.len());
    canvas.paint(INK);
    marks::legend(&mut canvas, &kinds, clinician::PAPER.left + mm(62.0), clinician::PAPER.bottom + mm(5.5));
    canvas.into_image()
}

fn paper_rect() -> PixelRect {
    let paper = clinician::PAPER;
    PixelRect::around(paper.left, paper.top, paper.right.floor(), paper.bottom.floor())
}

/// What is the same on every page: the graph paper and the line under it. Drawn once.
static PAPER: LazyLock<Canvas> = LazyLock::new(|| {
    let mut image = RgbImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgb([255; 3]));
    let rect = paper_rect();
    Grid {
        rect,
        origin: (clinician::PAPER.left, clinician::PAPER.top),
        minor: Ruling { colour: [250, 222, 218], core_percent: 100, side_percent: 0 },
        major: Ruling { colour: [240, 168, 160], core_percent: 100, side_percent: 0 },
        order: Order::FineFirst,
    }
    .rule(&mut image);

    let mut canvas = Canvas::on(image);
    let (left, top, right, bottom) = (rect.left as f64, rect.top as f64, rect.right as f64, rect.bottom as f64);
    let frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    canvas.stroke(frame, 3.0, canvas.bounds());
    canvas.paint(FRAME);

    let y = clinician::PAPER.bottom + mm(5.5);
    canvas.text("25 mm/s    10 mm/mV", clinician::PAPER.left, y, NOTE_PT, Weight::Bold);
    let disclaimer = concat!("gemwatch ", env!("CARGO_PKG_VERSION"), " · research use, not a medical device");
    let width = Text::new(disclaimer, NOTE_PT - 1.0, Weight::Regular).width_px();
    canvas.text(disclaimer, clinician::PAPER.right - width, y, NOTE_PT - 1.0, Weight::Regular);
    canvas.paint(INK);
    canvas
});

/// The name of a cell's lead, its remarks, and, at the left end of a row, the calibration pulse; elsewhere the separator.
fn ink_cell(canvas: &mut Canvas, strip: &Strip, cell: &Cell) {
    let height = cell.area.bottom - cell.area.top;
    let lead = strip.lead(&cell.lead);
    let (name_x, name_y) = (cell.area.left + mm(1.2), cell.area.top + mm(6.5).min(height / 3.0));
    let name_end = canvas.text(cell.lead.name(), name_x, name_y, NAME_PT, Weight::Bold);
    let note = match lead {
        None => "not recorded",
        Some(lead) if !lead.samples_mv.is_empty() && lead.samples_mv.iter().all(|sample| !sample.is_finite()) => {
            "no signal"
        }
        Some(_) => "",
    };
    canvas.text(note, name_x, name_y + mm(5.0), NOTE_PT, Weight::Regular);
    if lead.is_some_and(|lead| lead.derived) {
        canvas.text(" (derived)", name_end, name_y, NOTE_PT, Weight::Regular);
    }
    if cell.from_s > 0.0 {
        // Above and below, where they are not taken for pacemaker spikes.
        for y in [cell.area.top + mm(2.5), cell.area.bottom - mm(6.5)] {
            canvas.stroke([(cell.area.left, y), (cell.area.left, y + mm(4.0))], pt(1.0), canvas.bounds());
        }
    } else {
        let left = cell.area.left - mm(7.5);
        waveform::ink_pulse(canvas, left, cell.baseline_px, (1.25, 1.25), pt(TRACE_WIDTH_PT));
    }
}

/// The title, the time at its right, and the lines beneath in columns.
fn ink_caption(canvas: &mut Canvas, strip: &Strip, caption: &[String]) {
    let (left, right) = (clinician::PAPER.left, clinician::PAPER.right);
    let (title_y, first_line_y, line_height) = (mm(12.5), mm(18.5), mm(4.3));

    let time = time_line(strip);
    let time_width = Text::new(&time, CAPTION_PT, Weight::Regular).width_px();
    canvas.text(&time, right - time_width, title_y, CAPTION_PT, Weight::Regular);

    let Some((title, lines)) = caption.split_first() else { return };
    let title = fitted(title, TITLE_PT, Weight::Bold, right - left - time_width - mm(5.0));
    canvas.text(&title, left, title_y, TITLE_PT, Weight::Bold);

    let column_width = (right - left) / CAPTION_COLUMNS as f64;
    let room = CAPTION_LINES * CAPTION_COLUMNS;
    for (index, line) in lines.iter().take(room).enumerate() {
        let x = left + (index / CAPTION_LINES) as f64 * column_width;
        let y = first_line_y + (index % CAPTION_LINES) as f64 * line_height;
        let cut = index + 1 == room && lines.len() > room;
        let line = fitted(if cut { "…" } else { line }, CAPTION_PT, Weight::Regular, column_width - mm(4.0));
        canvas.text(&line, x, y, CAPTION_PT, Weight::Regular);
    }
}

/// When the strip began, how long it is and at what rate it was sampled.
fn time_line(strip: &Strip) -> String {
    let extent = format!("{:.1} s at {} Hz", strip.seconds(), strip.rate_hz);
    let nanos = strip.start.as_nanos();
    if (0..NANOS_A_YEAR).contains(&nanos) {
        return format!("{:.2} s into the recording · {extent}", strip.start.seconds_since(Time::from_nanos(0)));
    }
    match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
        Ok(start) => format!("{} · {extent}", start.strftime("%Y-%m-%d %H:%M:%S%.3f UTC")),
        Err(_) => extent,
    }
}

/// On the second line under the paper: what the page does not show.
fn ink_remarks(canvas: &mut Canvas, strip: &Strip, cells: usize) {
    let mut remarks = Vec::new();
    if strip.seconds() > PAGE_S {
        remarks.push(format!("first {PAGE_S} s shown"));
    }
    if cells::shows_rows(strip) {
        if strip.leads.len() > cells {
            remarks.push(format!("{} more leads not shown", strip.leads.len() - cells));
        }
        let absent: Vec<String> = strip.absent_leads().iter().map(ToString::to_string).collect();
        remarks.push(format!("not recorded: {}", absent.join(" ")));
    } else {
        let others: Vec<&str> = strip
            .leads
            .iter()
            .filter(|lead| lead.lead.standard_index().is_none())
            .map(|lead| lead.lead.name())
            .collect();
        if !others.is_empty() {
            remarks.push(format!("recorded but not shown: {}", others.join(" ")));
        }
    }
    let width = clinician::PAPER.right - clinician::PAPER.left;
    let line = fitted(&remarks.join(" · "), NOTE_PT, Weight::Regular, width);
    canvas.text(&line, clinician::PAPER.left, clinician::PAPER.bottom + mm(10.5), NOTE_PT, Weight::Regular);
}
