//! Lines over time, one panel under the other, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const PANEL: f64 = 180.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 40.0;

/// Colours that can be told apart by everybody (Okabe and Ito).
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// Some lines with one scale.
pub struct Panel {
    pub title: &'static str,
    /// Name and points.
    pub lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

/// The picture.
pub fn svg(title: &str, x_name: &str, panels: &[Panel]) -> String {
    let height = TOP + PANEL * panels.len() as f64 + 30.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"16\">{title}</text>\n"
    );
    let points = || panels.iter().flat_map(|panel| &panel.lines).flat_map(|(_, points)| points);
    let most_x = points().map(|(x, _)| *x).fold(1e-9, f64::max);
    for (index, panel) in panels.iter().enumerate() {
        draw(&mut svg, panel, TOP + PANEL * index as f64, most_x);
    }
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{0}\">0</text><text x=\"{1}\" y=\"{0}\" text-anchor=\"end\">{most_x:.0} {x_name}</text>\n</svg>",
        height - 10.0,
        WIDTH - 10.0
    );
    svg
}

fn draw(svg: &mut String, panel: &Panel, top: f64, most_x: f64) {
    let (bottom, high) = (top + PANEL - 20.0, PANEL - 45.0);
    let values = panel.lines.iter().flat_map(|(_, points)| points).map(|(_, y)| *y);
    let most_y = values.fold(1e-9, f64::max) * 1.1;
    let _ = writeln!(
        svg,
        "<line x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{0}\" y2=\"{bottom}\" stroke=\"#999\"/>\
         <text x=\"{1}\" y=\"{bottom}\" text-anchor=\"end\">0</text>\
         <text x=\"{1}\" y=\"{2}\" text-anchor=\"end\">{most_y:.3}</text>\
         <text x=\"{LEFT}\" y=\"{3}\" font-weight=\"bold\">{4}</text>",
        WIDTH - 10.0,
        LEFT - 6.0,
        bottom - high + 4.0,
        top + 14.0,
        panel.title
    );
    for (index, (name, points)) in panel.lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let at = |(x, y): &(f64, f64)| {
            format!("{:.1},{:.1}", LEFT + x / most_x * (WIDTH - LEFT - 10.0), bottom - y / most_y * high)
        };
        let path: Vec<String> = points.iter().map(at).collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.2\" points=\"{}\"/>\
             <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{name}</text>",
            path.join(" "),
            LEFT + 300.0 + 130.0 * index as f64,
            top + 14.0
        );
    }
}
