//! The curves on the page: a lead's samples and the calibration pulse.

use super::{
    canvas::Canvas,
    geometry::Trace,
    scale::{PX_PER_MV, mm},
    stroke::PixelRect,
};
use crate::ecg::Strip;

/// How far a trace may be from its samples: 1.3 µV, a twentieth of the line's width. Saves most of the drawing of smooth stretches.
const THINNING_PX: f64 = 0.1;

/// Inks the samples of one trace. `clip` is the paper it may reach; to the sides it ends at its own cell.
pub(super) fn ink_trace(canvas: &mut Canvas, strip: &Strip, trace: &Trace, width_px: f64, clip: PixelRect) {
    let Some(lead) = strip.lead(&trace.lead) else { return };
    // One sample more on either side, so that a trace at a low rate fills its cell up to the edge.
    let first = (trace.start_s * strip.rate_hz).floor().max(1.0) as usize - 1;
    let last = ((trace.end_s() * strip.rate_hz).ceil() as usize).saturating_add(1).min(lead.samples_mv.len());
    let Some(samples) = lead.samples_mv.get(first..last) else { return };
    let points = samples.iter().enumerate().map(|(offset, millivolts)| {
        let seconds = (first + offset) as f64 / strip.rate_hz;
        (trace.x_of(seconds), trace.y_of(f64::from(*millivolts)))
    });
    let reach = width_px / 2.0 + 0.5;
    let own = PixelRect::around(trace.area.left - reach, 0.0, trace.area.right + reach, f64::MAX);
    canvas.stroke(thinned(points), width_px, clip.intersect(own));
}

/// Leaves out points that lie within [`THINNING_PX`] of the line drawn without them (a swing filter: Elmeleegy et al., "Online
/// piece-wise linear approximation of numerical streams with precision guarantees", VLDB 2009). Points go to the right; one
/// that is not finite is kept, as it interrupts the line.
fn thinned(points: impl Iterator<Item = (f64, f64)>) -> impl Iterator<Item = (f64, f64)> {
    let mut points = points.fuse();
    let mut ready: Option<(f64, f64)> = None;
    let mut anchor: Option<(f64, f64)> = None;
    let mut last: Option<(f64, f64)> = None;
    let (mut lowest, mut highest) = (f64::NEG_INFINITY, f64::INFINITY);
    std::iter::from_fn(move || {
        if let Some(point) = ready.take() {
            return Some(point);
        }
        loop {
            let Some(point) = points.next() else { return last.take() };
            if !point.1.is_finite() {
                anchor = None;
                let Some(end) = last.take() else { return Some(point) };
                ready = Some(point);
                return Some(end);
            }
            let Some(from) = anchor else {
                (anchor, lowest, highest) = (Some(point), f64::NEG_INFINITY, f64::INFINITY);
                return Some(point);
            };
            let (run, rise) = (point.0 - from.0, point.1 - from.1);
            if let Some(end) = last.filter(|_| rise < lowest * run || rise > highest * run) {
                let (run, rise) = (point.0 - end.0, point.1 - end.1);
                (lowest, highest) = ((rise - THINNING_PX) / run, (rise + THINNING_PX) / run);
                (anchor, last) = (Some(end), Some(point));
                return Some(end);
            }
            lowest = lowest.max((rise - THINNING_PX) / run);
            highest = highest.min((rise + THINNING_PX) / run);
            last = Some(point);
        }
    })
}

/// Inks the calibration pulse: 1 mV for 0.2 s, its left edge at `left`, with `lead_in_mm` and `lead_out_mm` of baseline beside it.
pub(super) fn ink_pulse(
    canvas: &mut Canvas,
    left: f64,
    baseline_px: f64,
    (lead_in_mm, lead_out_mm): (f64, f64),
    width_px: f64,
) {
    let (right, top) = (left + mm(5.0), baseline_px - PX_PER_MV);
    let points = [
        (left - mm(lead_in_mm), baseline_px),
        (left, baseline_px),
        (left, top),
        (right, top),
        (right, baseline_px),
        (right + mm(lead_out_mm), baseline_px),
    ];
    canvas.stroke(points, width_px, canvas.bounds());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_thinned_line_passes_every_point_within_the_tolerance(
            heights in prop::collection::vec(prop_oneof![9 => -3.0..3.0_f64, 1 => Just(f64::NAN)], 0..200),
            smooth in 1..20_u32,
        ) {
            let points: Vec<(f64, f64)> =
                heights.iter().enumerate().map(|(i, y)| (i as f64 * 0.4, y / f64::from(smooth * smooth))).collect();
            let kept: Vec<(f64, f64)> = thinned(points.iter().copied()).collect();
            prop_assert_eq!(
                kept.iter().filter(|point| point.1.is_nan()).count(),
                points.iter().filter(|point| point.1.is_nan()).count()
            );
            for point in points.iter().filter(|point| point.1.is_finite()) {
                let after = kept.iter().position(|kept| kept.0 >= point.0).expect("the last point is kept");
                let (to, from) = (kept[after], kept[after.saturating_sub(1)]);
                let y = if to.0 <= point.0 { to.1 } else { from.1 + (to.1 - from.1) * (point.0 - from.0) / (to.0 - from.0) };
                prop_assert!((y - point.1).abs() <= THINNING_PX * 1.000_001, "{} instead of {}", y, point.1);
            }
        }
    }
}
