//! GEM's page: twelve rows of ten seconds, drawn as ECG-Image-Kit drew the images GEM was trained on.
//!
//! In comes a strip, out goes the image. Layout, widths and colours are those of ECG-Image-Kit's `ecg_plot.py` with one column
//! and GEM's settings. The kit draws traces in a random grey from 0 to 0.2; here it is always 0.1.

use std::sync::LazyLock;

use image::{Rgb, RgbImage};

use super::{
    canvas::Canvas,
    cells::{self, Cell, gem},
    grid::{Grid, Order, Ruling},
    page::Layout,
    scale::{HEIGHT_PX, PX_PER_MV, PX_PER_S, WIDTH_PX, mm, pt},
    stroke::PixelRect,
    text::Weight,
    waveform,
};
use crate::ecg::{STANDARD_LEADS, Strip};

const INK: [u8; 3] = [26, 26, 26];
const TRACE_WIDTH_PT: f64 = 0.75;
const PULSE_WIDTH_PT: f64 = 1.125;
const FRAME_WIDTH_PT: f64 = 0.8;
const TEXT_SIZE_PT: f64 = 11.0;

/// Draws the page.
pub(super) fn draw(strip: &Strip) -> RgbImage {
    let mut canvas = PAPER.clone();
    let page = canvas.bounds();
    for cell in cells::of(strip, Layout::GemPage) {
        if let Some(trace) = Cell::trace(&cell, strip) {
            waveform::ink_trace(&mut canvas, strip, &trace, pt(TRACE_WIDTH_PT), page);
        } else if strip.lead(&cell.lead).is_none() {
            let x = gem::TRACE_LEFT + 0.5 * PX_PER_S;
            canvas.text("not recorded", x, cell.baseline_px + mm(7.0), TEXT_SIZE_PT, Weight::Regular);
        }
    }
    canvas.paint(INK);
    canvas.into_image()
}

/// All that is the same on every page: the grid painted, lead names, calibration pulses and scale inked. Drawn once: it costs
/// more than the traces.
static PAPER: LazyLock<Canvas> = LazyLock::new(|| {
    let mut image = RgbImage::from_pixel(WIDTH_PX, HEIGHT_PX, Rgb([255; 3]));
    // 0.5 pt are 1.39 pixels: one full, and 0.195 on either side.
    let ruling = |colour| Ruling { colour, core_percent: 100, side_percent: 19 };
    Grid {
        rect: PixelRect { left: 0, top: 0, right: WIDTH_PX as usize, bottom: HEIGHT_PX as usize },
        origin: (0.0, f64::from(HEIGHT_PX)),
        minor: ruling([254, 223, 219]),
        major: ruling([255, 0, 0]),
        order: Order::UprightFirst,
    }
    .rule(&mut image);

    let mut canvas = Canvas::on(image);
    // The kit leaves matplotlib's frame of 0.8 pt on: its inner half is seen along the edges of the page.
    let (right, bottom) = (f64::from(WIDTH_PX), f64::from(HEIGHT_PX));
    let edges = [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom), (0.0, 0.0)];
    canvas.stroke(edges, pt(FRAME_WIDTH_PT), canvas.bounds());
    for (row, lead) in STANDARD_LEADS.iter().enumerate() {
        let baseline_px = gem::baseline_px(row);
        canvas.text(lead.name(), gem::TRACE_LEFT, baseline_px + mm(7.0), TEXT_SIZE_PT, Weight::Regular);
        waveform::ink_pulse(&mut canvas, gem::PULSE_LEFT, baseline_px, (0.0, 0.0), pt(PULSE_WIDTH_PT));
    }
    let y = f64::from(HEIGHT_PX) - 0.5 * PX_PER_MV;
    canvas.text("25mm/s", 2.0 * PX_PER_S, y, TEXT_SIZE_PT, Weight::Regular);
    canvas.text("10mm/mV", 4.0 * PX_PER_S, y, TEXT_SIZE_PT, Weight::Regular);
    canvas
});
