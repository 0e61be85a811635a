//! A trace as a picture: a row a span, indented below its parent, over time on a logarithmic axis.

use std::collections::BTreeMap;
use std::fmt::Write;

use opentelemetry_proto::tonic::trace::v1::Span;

const NAMES_PX: f64 = 300.0;
const BARS_PX: f64 = 620.0;
const ROW_PX: f64 = 22.0;
const TOP_PX: f64 = 46.0;

/// The picture. `prefix` is what topics of tests have before their names.
pub fn picture(spans: &[&Span], prefix: &str) -> String {
    let start = spans.iter().map(|span| span.start_time_unix_nano).min().unwrap();
    let end = spans.iter().map(|span| span.end_time_unix_nano).max().unwrap();
    let ms = |nanos: u64| (nanos - start) as f64 / 1e6;
    // One at 0.1 ms, and further by decades.
    let scale = |ms: f64| (1.0 + ms / 0.1).log10();
    let x = |nanos: u64| NAMES_PX + BARS_PX * scale(ms(nanos)) / scale(ms(end));
    let height = TOP_PX + ROW_PX * spans.len() as f64 + 12.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1020\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>The trace of one alert, from the chunk to the checked reading</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"18\" font-weight=\"bold\">The trace of one alert, from the chunk to the checked reading</text>\n"
    );
    for tick in [1.0, 10.0, 100.0, 1000.0, 10_000.0_f64].into_iter().filter(|tick| *tick < ms(end)) {
        let x = NAMES_PX + BARS_PX * scale(tick) / scale(ms(end));
        let label = if tick < 1000.0 { format!("{tick} ms") } else { format!("{} s", tick / 1000.0) };
        let _ = writeln!(svg, "<path d=\"M{x:.1} {} V{height}\" stroke=\"#ddd\"/>", TOP_PX - 6.0);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{label}</text>",
            TOP_PX - 10.0
        );
    }
    let rows = in_order(spans);
    for (row, (span, depth)) in rows.iter().enumerate() {
        let y = TOP_PX + ROW_PX * row as f64;
        let (from, to) = (x(span.start_time_unix_nano), x(span.end_time_unix_nano));
        let took_ms = ms(span.end_time_unix_nano) - ms(span.start_time_unix_nano);
        let name = span.name.replace(prefix, "ecg.");
        let colour = if name.starts_with("process") || name.starts_with("send") {
            "#3b6ea5"
        } else if name == "alarm" || name == "hear" {
            "#b3402a"
        } else {
            "#4d8a57"
        };
        let (indent, text_y) = (12.0 + 16.0 * *depth as f64, y + 14.0);
        let width = (to - from).max(2.0);
        let _ = writeln!(svg, "<text x=\"{indent}\" y=\"{text_y}\" class=\"name\">{name}</text>");
        let _ = writeln!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"14\" rx=\"2\" fill=\"{colour}\"/>",
            y + 3.0
        );
        let _ =
            writeln!(svg, "<text x=\"{:.1}\" y=\"{text_y}\" fill=\"#333\">{took_ms:.1} ms</text>", from + width + 5.0);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Each span below its parent, with its depth.
fn in_order<'a>(spans: &[&'a Span]) -> Vec<(&'a Span, usize)> {
    let mut below: BTreeMap<&[u8], Vec<&'a Span>> = BTreeMap::new();
    for span in spans {
        let is_known = spans.iter().any(|other| other.span_id == span.parent_span_id);
        below.entry(if is_known { &span.parent_span_id } else { &[] }).or_default().push(span);
    }
    let mut rows = Vec::new();
    let mut to_do: Vec<(&Span, usize)> =
        below.remove(&[][..]).unwrap_or_default().into_iter().rev().map(|span| (span, 0)).collect();
    while let Some((span, depth)) = to_do.pop() {
        rows.push((span, depth));
        let children = below.remove(&span.span_id[..]).unwrap_or_default();
        to_do.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    rows
}
