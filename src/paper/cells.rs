//! Which lead goes where: the cells of each layout, whether or not the strip can fill them.

use super::{
    geometry::Area,
    page::Layout,
    scale::{HEIGHT_PX, PX_PER_S, mm},
};
use crate::ecg::{Lead, STANDARD_LEADS, Strip};

/// The longest stretch a page shows.
pub(super) const PAGE_S: f64 = 10.0;

/// The room for one stretch of one lead.
pub(super) struct Cell {
    pub lead: Lead,
    /// The stretch, in seconds from the first sample of the strip.
    pub from_s: f64,
    pub to_s: f64,
    pub area: Area,
    /// The height of 0 mV.
    pub baseline_px: f64,
}

/// The cells of a layout for this strip, from top to bottom and from left to right.
pub(super) fn of(strip: &Strip, layout: Layout) -> Vec<Cell> {
    match layout {
        Layout::GemPage => gem_cells(),
        Layout::ClinicianPage if shows_rows(strip) => row_cells(strip),
        Layout::ClinicianPage => grid_cells(strip),
    }
}

/// GEM's page: the row height is a fifteenth of the page, V6 lies 1.5 rows above the bottom and lead I 12.5; a trace
/// begins 0.6 s from the left edge, after a gap of 0.4 s and the calibration pulse of 0.2 s.
pub(super) mod gem {
    use super::{HEIGHT_PX, PX_PER_S};

    pub(in super::super) const ROW_HEIGHT: f64 = HEIGHT_PX as f64 / 15.0;
    pub(in super::super) const PULSE_LEFT: f64 = 0.4 * PX_PER_S;
    pub(in super::super) const TRACE_LEFT: f64 = 0.6 * PX_PER_S;

    /// The baseline of the row `row`, counted from the top.
    pub(in super::super) fn baseline_px(row: usize) -> f64 {
        f64::from(HEIGHT_PX) - (12.5 - row as f64) * ROW_HEIGHT
    }
}

fn gem_cells() -> Vec<Cell> {
    let cell = |(row, lead): (usize, &Lead)| {
        let baseline_px = gem::baseline_px(row);
        row_cell(lead.clone(), gem::TRACE_LEFT, baseline_px, gem::ROW_HEIGHT)
    };
    STANDARD_LEADS.iter().enumerate().map(cell).collect()
}

/// The clinician's page: graph paper of 260 × 160 mm, in it ten seconds of trace after 10 mm for the calibration pulse.
pub(super) mod clinician {
    use super::{Area, mm};

    pub(in super::super) const PAPER: Area = Area { left: mm(9.7), top: mm(40.0), right: mm(269.7), bottom: mm(200.0) };
    pub(in super::super) const TRACE_LEFT: f64 = mm(19.7);
    /// The rows of the 3 × 4 page and its rhythm strip.
    pub(in super::super) const ROW_HEIGHT: f64 = mm(40.0);
    pub(in super::super) const COLUMN_S: f64 = 2.5;
    /// More rows than this would lie too close to be read.
    pub(in super::super) const MAX_ROWS: usize = 12;
}

/// The leads of the 3 × 4 page as they have been printed for decades (AHA/ACCF/HRS 2007, part I).
const COLUMNS: [[Lead; 4]; 3] = [
    [Lead::I, Lead::AVR, Lead::V1, Lead::V4],
    [Lead::II, Lead::AVL, Lead::V2, Lead::V5],
    [Lead::III, Lead::AVF, Lead::V3, Lead::V6],
];

/// Do rows of ten seconds serve better than the 3 × 4 page? With one or two standard leads, or none, that page would be
/// empty but for a corner, and would hide the other leads.
pub(super) fn shows_rows(strip: &Strip) -> bool {
    let standard = strip.leads.iter().filter(|lead| lead.lead.standard_index().is_some()).count();
    standard < 3 && !strip.leads.is_empty()
}

fn grid_cells(strip: &Strip) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(13);
    for (row, leads) in COLUMNS.iter().enumerate() {
        let top = clinician::PAPER.top + row as f64 * clinician::ROW_HEIGHT;
        for (column, lead) in leads.iter().enumerate() {
            let from_s = column as f64 * clinician::COLUMN_S;
            let left = clinician::TRACE_LEFT + from_s * PX_PER_S;
            cells.push(Cell {
                lead: lead.clone(),
                from_s,
                to_s: from_s + clinician::COLUMN_S,
                area: Area {
                    left,
                    top,
                    right: left + clinician::COLUMN_S * PX_PER_S,
                    bottom: top + clinician::ROW_HEIGHT,
                },
                baseline_px: top + clinician::ROW_HEIGHT / 2.0,
            });
        }
    }
    let rhythm = match strip.lead(&Lead::II).or_else(|| strip.leads.first()) {
        Some(lead) => lead.lead.clone(),
        None => Lead::II,
    };
    let baseline_px = clinician::PAPER.top + 3.5 * clinician::ROW_HEIGHT;
    cells.push(row_cell(rhythm, clinician::TRACE_LEFT, baseline_px, clinician::ROW_HEIGHT));
    cells
}

fn row_cells(strip: &Strip) -> Vec<Cell> {
    let shown = &strip.leads[..strip.leads.len().min(clinician::MAX_ROWS)];
    let paper = clinician::PAPER;
    let row_height = ((paper.bottom - paper.top) / shown.len() as f64).min(clinician::ROW_HEIGHT);
    let cell = |(row, lead): (usize, &crate::ecg::StripLead)| {
        let baseline_px = paper.top + (row as f64 + 0.5) * row_height;
        row_cell(lead.lead.clone(), clinician::TRACE_LEFT, baseline_px, row_height)
    };
    shown.iter().enumerate().map(cell).collect()
}

/// A row over the whole time of the page.
fn row_cell(lead: Lead, left: f64, baseline_px: f64, height: f64) -> Cell {
    let area = Area {
        left,
        top: baseline_px - height / 2.0,
        right: left + PAGE_S * PX_PER_S,
        bottom: baseline_px + height / 2.0,
    };
    Cell { lead, from_s: 0.0, to_s: PAGE_S, area, baseline_px }
}
