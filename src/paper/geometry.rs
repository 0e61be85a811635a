//! Where every trace lies on a page: from a pixel to the moment drawn there, and back.
//!
//! Coordinates are in pixels, x to the right and y down from the page's top left corner; pixel (column, row) has its
//! centre at (column + 0.5, row + 0.5).

use serde::{Deserialize, Serialize};

use super::{
    cells::{self, Cell},
    page::Page,
    scale::{HEIGHT_PX, PX_PER_MV, PX_PER_S, WIDTH_PX},
};
use crate::ecg::{Lead, Strip};

/// A rectangle on the page in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl Area {
    /// Is the point inside (left and top edge included, right and bottom edge not)?
    pub fn contains(&self, x: f64, y: f64) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }
}

/// One stretch of one lead as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Which lead.
    #[serde(with = "lead_name")]
    pub lead: Lead,
    /// The part of its row that the trace fills. High waves may leave it upwards or downwards.
    pub area: Area,
    /// The moment at the left edge, in seconds from the first sample of the strip.
    pub start_s: f64,
    /// Pixels a second.
    pub px_per_s: f64,
    /// Pixels a millivolt.
    pub px_per_mv: f64,
    /// The height of 0 mV.
    pub baseline_px: f64,
}

impl Trace {
    /// The moment at the right edge, in seconds from the first sample of the strip.
    pub fn end_s(&self) -> f64 {
        self.seconds_at(self.area.right)
    }

    /// The moment drawn at column `x`.
    pub fn seconds_at(&self, x: f64) -> f64 {
        self.start_s + (x - self.area.left) / self.px_per_s
    }

    /// The voltage in mV that the height `y` stands for.
    pub fn millivolts_at(&self, y: f64) -> f64 {
        (self.baseline_px - y) / self.px_per_mv
    }

    /// The column of a moment.
    pub fn x_of(&self, seconds: f64) -> f64 {
        self.area.left + (seconds - self.start_s) * self.px_per_s
    }

    /// The height of a voltage.
    pub fn y_of(&self, millivolts: f64) -> f64 {
        self.baseline_px - millivolts * self.px_per_mv
    }
}

/// All the traces of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// Page width in pixels.
    pub width_px: u32,
    /// Page height in pixels.
    pub height_px: u32,
    /// The traces from top to bottom, in each row from left to right. A lead may be there twice (rhythm strip).
    pub traces: Vec<Trace>,
}

impl Geometry {
    /// The geometry of the page that [`draw`](super::draw) makes of this strip.
    pub fn of(strip: &Strip, page: &Page) -> Geometry {
        let traces = cells::of(strip, page.layout).iter().filter_map(|cell| Cell::trace(cell, strip)).collect();
        Geometry { width_px: WIDTH_PX, height_px: HEIGHT_PX, traces }
    }

    /// The lead and the moment (seconds from the first sample of the strip) drawn at a point; `None` beside the traces.
    pub fn locate(&self, x: f64, y: f64) -> Option<(Lead, f64)> {
        let trace = self.traces.iter().find(|trace| trace.area.contains(x, y))?;
        Some((trace.lead.clone(), trace.seconds_at(x)))
    }

    /// Every point at which the moment `seconds` of this lead is drawn, at the height of `millivolts`.
    pub fn points_of(&self, lead: &Lead, seconds: f64, millivolts: f64) -> Vec<(f64, f64)> {
        self.traces
            .iter()
            .filter(|trace| trace.lead == *lead && (trace.start_s..trace.end_s()).contains(&seconds))
            .map(|trace| (trace.x_of(seconds), trace.y_of(millivolts)))
            .collect()
    }
}

impl Cell {
    /// The trace in this cell: the part of the strip that there is. `None` where the lead or the time is missing.
    pub(super) fn trace(&self, strip: &Strip) -> Option<Trace> {
        strip.lead(&self.lead)?;
        let seconds = strip.seconds();
        if !(strip.rate_hz > 0.0 && strip.rate_hz.is_finite() && seconds > self.from_s) {
            return None;
        }
        let end_s = seconds.min(self.to_s);
        let right = self.area.left + (end_s - self.from_s) * PX_PER_S;
        Some(Trace {
            lead: self.lead.clone(),
            area: Area {
                left: to_millionths(self.area.left),
                top: to_millionths(self.area.top),
                right: to_millionths(right),
                bottom: to_millionths(self.area.bottom),
            },
            start_s: self.from_s,
            px_per_s: PX_PER_S,
            px_per_mv: PX_PER_MV,
            baseline_px: to_millionths(self.baseline_px),
        })
    }
}

/// A millionth of a pixel is 5 ns. Numbers with so few digits come back from JSON as they went in.
fn to_millionths(px: f64) -> f64 {
    (px * 1e6).round() / 1e6
}

/// A lead in JSON is its name.
mod lead_name {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::ecg::Lead;

    pub(super) fn serialize<S: Serializer>(lead: &Lead, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(lead.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lead, D::Error> {
        String::deserialize(deserializer).map(|name| Lead::from_name(&name))
    }
}
