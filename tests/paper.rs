//! The page as its users see it: true scale, every sample findable from its pixel, honest about what is missing.

use gemwatch::{
    ecg::{Lead, STANDARD_LEADS, StreamId, Strip, StripLead, Time},
    paper::{
        self, Geometry, HEIGHT_PX, Layout, Mark, MarkKind, PX_PER_MV, PX_PER_S, Page, PageFileError, PageInfo,
        WIDTH_PX, draw, read_page_info, write_png,
    },
};
use image::RgbImage;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// 2026-11-24T12:00:00.123456789Z.
const START: Time = Time::from_nanos(1_795_521_600_123_456_789);

fn strip_of(leads: &[Lead], rate_hz: f64, seconds: f64, value_mv: impl Fn(usize, f64) -> f32) -> Strip {
    let samples = (seconds * rate_hz).round() as usize;
    let lead = |(index, lead): (usize, &Lead)| StripLead {
        lead: lead.clone(),
        derived: false,
        samples_mv: (0..samples).map(|sample| value_mv(index, sample as f64 / rate_hz)).collect(),
    };
    Strip { start: START, rate_hz, leads: leads.iter().enumerate().map(lead).collect() }
}

/// One beat a second of straight lines: it needs no `sin`, whose last digit depends on the machine.
fn beat_mv(lead: usize, seconds: f64) -> f32 {
    let wave =
        |at: f64, half_width: f64, height: f64| height * (1.0 - (seconds.fract() - at).abs() / half_width).max(0.0);
    let beat = wave(0.2, 0.05, 0.15) + wave(0.36, 0.02, 1.0) - wave(0.4, 0.02, 0.3) + wave(0.6, 0.1, 0.3);
    (beat * (1.0 - lead as f64 * 0.15)) as f32
}

fn twelve_leads(rate_hz: f64, seconds: f64) -> Strip {
    strip_of(&STANDARD_LEADS, rate_hz, seconds, beat_mv)
}

fn page(layout: Layout) -> Page {
    Page::new(layout)
}

fn is_dark(image: &RgbImage, x: f64, y: f64) -> bool {
    image.get_pixel(x as u32, y as u32).0.iter().all(|channel| *channel < 130)
}

/// The rows, top to bottom, that are dark in the column at `x`, within `span`.
fn dark_rows(image: &RgbImage, x: f64, span: std::ops::Range<u32>) -> Vec<u32> {
    span.filter(|y| is_dark(image, x, f64::from(*y))).collect()
}

fn dark_pixels(image: &RgbImage, area: paper::Area) -> usize {
    let rows = area.top.ceil() as u32..area.bottom as u32;
    let columns = area.left.ceil() as u32..area.right as u32;
    rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
        .filter(|(x, y)| is_dark(image, f64::from(*x), f64::from(*y)))
        .count()
}

#[test]
fn one_millivolt_and_one_second_have_their_true_size() {
    let step = |_, seconds: f64| if (2.0..3.0).contains(&seconds) { 1.0 } else { 0.0 };
    let strip = strip_of(&STANDARD_LEADS, 500.0, 10.0, step);
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        let image = draw(&strip, &page(layout));
        // The last trace is V6 on GEM's page and the rhythm strip on the clinician's: no text above it.
        let geometry = Geometry::of(&strip, &page(layout));
        let trace = geometry.traces.last().unwrap();
        let rows = trace.y_of(1.3) as u32..trace.y_of(-0.2) as u32;
        let middle = |x: f64| {
            let rows = dark_rows(&image, x, rows.clone());
            rows.iter().map(|row| f64::from(*row) + 0.5).sum::<f64>() / rows.len() as f64
        };
        let height = middle(trace.x_of(1.5)) - middle(trace.x_of(2.5));
        assert!((height - 78.74).abs() <= 0.75, "1 mV is {height} px high");

        let y = trace.y_of(0.5);
        let edge = |span: std::ops::Range<f64>| {
            let columns = (trace.x_of(span.start) as u32..trace.x_of(span.end) as u32).map(|x| f64::from(x) + 0.5);
            let dark: Vec<f64> = columns.filter(|x| is_dark(&image, *x, y)).collect();
            dark.iter().sum::<f64>() / dark.len() as f64
        };
        let width = edge(2.5..3.5) - edge(1.5..2.5);
        assert!((width - 196.85).abs() <= 0.75, "1 s is {width} px wide");
    }
    assert!((PX_PER_S - 196.85).abs() < 0.01 && (PX_PER_MV - 78.74).abs() < 0.01);
}

#[test]
fn gem_rows_stand_where_the_training_images_have_them() {
    let mut strip = twelve_leads(500.0, 10.0);
    strip.leads.reverse();
    let geometry = Geometry::of(&strip, &page(Layout::GemPage));
    let leads: Vec<Lead> = geometry.traces.iter().map(|trace| trace.lead.clone()).collect();
    assert_eq!(leads, STANDARD_LEADS);
    let (first, last) = (&geometry.traces[0], &geometry.traces[11]);
    assert!((first.baseline_px - (1700.0 - 12.5 * 1700.0 / 15.0)).abs() < 1e-5);
    assert!((last.baseline_px - (1700.0 - 1.5 * 1700.0 / 15.0)).abs() < 1e-5);
    assert!((first.area.left - 0.6 * PX_PER_S).abs() < 1e-5 && (first.area.right - 10.6 * PX_PER_S).abs() < 1e-5);

    let image = draw(&strip, &page(Layout::GemPage));
    assert_eq!(image.dimensions(), (WIDTH_PX, HEIGHT_PX));
    // The calibration pulse: its top at 1 mV, between 0.4 s and 0.6 s.
    for trace in &geometry.traces {
        assert!(is_dark(&image, 0.5 * PX_PER_S, trace.y_of(1.0)));
    }
}

#[test]
fn geometry_of_both_layouts() {
    let strip = twelve_leads(500.0, 10.0);
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        insta::assert_json_snapshot!(layout.name(), Geometry::of(&strip, &page(layout)));
    }
}

/// The pixels themselves are held by their hash. After an intended change: look at the pages, then accept the new hash.
#[test]
fn the_same_strip_gives_the_same_pixels() {
    let mut strip = twelve_leads(500.0, 10.0);
    strip.leads.remove(2);
    strip.leads[4].derived = true;
    strip.leads[6].samples_mv[600..700].fill(f32::NAN);
    let mut hashes = Vec::new();
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        let mut page = page(layout);
        page.caption = vec!["Bed 1".to_owned(), "HR 60/min".to_owned()];
        page.marks =
            vec![mark(Lead::II, 1.0, 2.0, MarkKind::Supported), mark(Lead::V1, 5.5, 6.0, MarkKind::Contradicted)];
        let image = draw(&strip, &page);
        assert!(image == draw(&strip, &page));
        hashes.push(format!("{} {:x}", layout.name(), Sha256::digest(image.as_raw())));
    }
    insta::assert_snapshot!("pixels", hashes.join("\n"));
}

fn mark(lead: Lead, from_s: f64, to_s: f64, kind: MarkKind) -> Mark {
    Mark { lead, from_s, to_s, label: Some("ST".to_owned()), kind }
}

#[test]
fn a_lead_that_was_not_recorded_has_words_and_no_trace() {
    let mut strip = twelve_leads(500.0, 10.0);
    let full = strip.clone();
    strip.leads.retain(|lead| lead.lead != Lead::V2);
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        let with = Geometry::of(&full, &page(layout));
        let v2 = with.traces.iter().find(|trace| trace.lead == Lead::V2).unwrap();
        let without = Geometry::of(&strip, &page(layout));
        assert_eq!(without.traces.len() + 1, with.traces.len());
        assert!(without.traces.iter().all(|trace| trace.lead != Lead::V2));
        assert_eq!(without.locate(v2.area.left + 50.0, v2.baseline_px), None);
        // Nothing dark along the baseline but, elsewhere in the cell, the words.
        let image = draw(&strip, &page(layout));
        let near_baseline = paper::Area {
            left: v2.area.left + 8.0,
            top: v2.y_of(0.05),
            bottom: v2.y_of(-0.05),
            right: v2.area.right - 4.0,
        };
        assert_eq!(dark_pixels(&image, near_baseline), 0);
        let cell = paper::Area { bottom: v2.area.bottom + 20.0, ..v2.area };
        assert!(dark_pixels(&image, cell) > 300, "the words are missing");
    }
}

#[test]
fn a_lead_without_a_single_sample_says_so() {
    let mut strip = twelve_leads(500.0, 10.0);
    strip.leads[9].samples_mv.fill(f32::NAN);
    let image = draw(&strip, &page(Layout::ClinicianPage));
    let geometry = Geometry::of(&strip, &page(Layout::ClinicianPage));
    let v4 = geometry.traces.iter().find(|trace| trace.lead == Lead::V4).unwrap();
    // "no signal" stands below the name.
    let words =
        paper::Area { left: v4.area.left + 5.0, top: v4.area.top + 60.0, bottom: v4.area.top + 95.0, ..v4.area };
    assert!(dark_pixels(&image, words) > 200);
}

#[test]
fn a_derived_lead_is_marked_on_the_clinicians_page() {
    let mut strip = twelve_leads(500.0, 10.0);
    let plain = draw(&strip, &page(Layout::ClinicianPage));
    strip.leads[2].derived = true;
    let marked = draw(&strip, &page(Layout::ClinicianPage));
    let geometry = Geometry::of(&strip, &page(Layout::ClinicianPage));
    let iii = geometry.traces.iter().find(|trace| trace.lead == Lead::III).unwrap();
    assert!(dark_pixels(&marked, iii.area) > dark_pixels(&plain, iii.area) + 200);
}

#[test]
fn a_gap_interrupts_the_trace() {
    let gap = |_, seconds: f64| if (4.0..5.0).contains(&seconds) { f32::NAN } else { 0.0 };
    let strip = strip_of(&STANDARD_LEADS, 250.0, 10.0, gap);
    let image = draw(&strip, &page(Layout::GemPage));
    for trace in Geometry::of(&strip, &page(Layout::GemPage)).traces {
        assert!(is_dark(&image, trace.x_of(3.9), trace.baseline_px));
        assert!(!is_dark(&image, trace.x_of(4.5), trace.baseline_px));
        assert!(is_dark(&image, trace.x_of(5.1), trace.baseline_px));
    }
}

#[test]
fn a_short_strip_ends_where_it_ends() {
    let strip = twelve_leads(360.0, 3.5);
    let gem = Geometry::of(&strip, &page(Layout::GemPage));
    assert!(gem.traces.iter().all(|trace| (trace.end_s() - 3.5).abs() < 1e-6));
    // On the clinician's page the third and fourth column (from 5 s on) stay empty.
    let clinician = Geometry::of(&strip, &page(Layout::ClinicianPage));
    assert_eq!(clinician.traces.len(), 7);
    let image = draw(&strip, &page(Layout::GemPage));
    let last = &gem.traces[11];
    assert!(!is_dark(&image, last.x_of(4.0), last.baseline_px));
    // Not even one sample, and a rate that is none, still give a page.
    for strip in [twelve_leads(500.0, 0.0), Strip { rate_hz: f64::NAN, ..twelve_leads(500.0, 1.0) }] {
        assert!(Geometry::of(&strip, &page(Layout::GemPage)).traces.is_empty());
        draw(&strip, &page(Layout::GemPage));
        draw(&strip, &page(Layout::ClinicianPage));
    }
}

#[test]
fn other_leads_get_a_row_of_ten_seconds_each() {
    let leads = ["MLII", "V", "ECG"].map(Lead::from_name);
    let strip = strip_of(&leads, 250.0, 10.0, beat_mv);
    let geometry = Geometry::of(&strip, &page(Layout::ClinicianPage));
    let drawn: Vec<Lead> = geometry.traces.iter().map(|trace| trace.lead.clone()).collect();
    assert_eq!(drawn, leads);
    assert!(geometry.traces.iter().all(|trace| trace.end_s() > 9.999));
    let image = draw(&strip, &page(Layout::ClinicianPage));
    for (index, trace) in geometry.traces.iter().enumerate() {
        let peak = f64::from(beat_mv(index, 9.36));
        assert!(
            !dark_rows(&image, trace.x_of(9.36), trace.y_of(peak + 0.05) as u32..trace.y_of(peak - 0.1) as u32)
                .is_empty()
        );
    }
    // More than fit: the first twelve, and no panic.
    let many: Vec<Lead> = (0..32).map(|index| Lead::from_name(&format!("X{index}"))).collect();
    let strip = strip_of(&many, 250.0, 10.0, beat_mv);
    assert_eq!(Geometry::of(&strip, &page(Layout::ClinicianPage)).traces.len(), 12);
    draw(&strip, &page(Layout::ClinicianPage));
}

#[test]
fn wild_values_are_cut_off_at_the_paper() {
    let wild = |_, seconds: f64| if seconds.fract() < 0.5 { 1e30 } else { f32::MIN };
    let strip = strip_of(&STANDARD_LEADS, 500.0, 10.0, wild);
    draw(&strip, &page(Layout::GemPage));
    let image = draw(&strip, &page(Layout::ClinicianPage));
    let quiet = draw(&strip_of(&STANDARD_LEADS, 500.0, 10.0, |_, _| 0.0), &page(Layout::ClinicianPage));
    let margin = paper::Area { left: 0.0, top: 0.0, right: f64::from(WIDTH_PX), bottom: 310.0 };
    assert_eq!(dark_pixels(&image, margin), dark_pixels(&quiet, margin), "the trace leaves the graph paper");
}

#[test]
fn marks_tint_their_stretch_on_the_clinicians_page_only() {
    let strip = twelve_leads(500.0, 10.0);
    for kind in MarkKind::ALL {
        let mut marked = page(Layout::ClinicianPage);
        marked.marks =
            vec![mark(Lead::V1, 5.5, 6.5, kind), mark(Lead::V1, 7.0, 6.0, kind), mark(Lead::V1, f64::NAN, 6.0, kind)];
        let plain = draw(&strip, &page(Layout::ClinicianPage));
        let image = draw(&strip, &marked);
        let geometry = Geometry::of(&strip, &marked);
        let changed = |lead: &Lead, seconds: f64| {
            let points = geometry.points_of(lead, seconds, -0.7);
            assert!(!points.is_empty());
            points.iter().any(|(x, y)| image.get_pixel(*x as u32, *y as u32) != plain.get_pixel(*x as u32, *y as u32))
        };
        assert!(changed(&Lead::V1, 6.0));
        assert!(!changed(&Lead::V1, 5.2) && !changed(&Lead::V1, 6.8) && !changed(&Lead::V2, 6.0));

        marked.layout = Layout::GemPage;
        assert!(draw(&strip, &marked) == draw(&strip, &page(Layout::GemPage)));
    }
}

#[test]
fn a_page_file_knows_what_it_shows() {
    let mut strip = twelve_leads(500.0, 10.0);
    strip.leads.remove(11);
    strip.leads[2].derived = true;
    let stream_id = StreamId::new("ward 3/bed 7 · Ä").unwrap();
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        let image = draw(&strip, &page(layout));
        let info = PageInfo::of(&stream_id, &strip, &page(layout));
        let mut bytes = Vec::new();
        write_png(&mut bytes, &image, &info).unwrap();
        assert_eq!(read_page_info(&bytes).unwrap(), info);
        assert_eq!(info.start, "2026-11-24T12:00:00.123456789Z");
        assert_eq!(info.start_ns, START.as_nanos());
        assert_eq!((info.absent_leads, info.derived_leads), (vec!["V6".to_owned()], vec!["III".to_owned()]));

        let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).unwrap().to_rgb8();
        assert!(decoded == image, "PNG is lossless");
        let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().pixel_dims.unwrap().xppu, 7874);
        assert_eq!(reader.info().uncompressed_latin1_text[0].keyword, "Software");
        assert!(bytes.len() < 1_500_000, "{} bytes", bytes.len());
    }
}

#[test]
fn even_a_noisy_page_of_one_ink_fits_into_a_palette() {
    let noise = |lead, seconds: f64| {
        let mut hasher = Sha256::new();
        hasher.update([lead as u8]);
        hasher.update(seconds.to_le_bytes());
        f32::from(hasher.finalize()[0]) / 64.0 - 2.0
    };
    let strip = strip_of(&STANDARD_LEADS, 500.0, 10.0, noise);
    for layout in [Layout::GemPage, Layout::ClinicianPage] {
        let info = PageInfo::of(&StreamId::new("a").unwrap(), &strip, &page(layout));
        let mut bytes = Vec::new();
        write_png(&mut bytes, &draw(&strip, &page(layout)), &info).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().color_type, png::ColorType::Indexed);
    }
}

#[test]
fn a_picture_of_more_than_256_colours_is_written_all_the_same() {
    let image = RgbImage::from_fn(40, 40, |x, y| image::Rgb([x as u8, y as u8, 0]));
    let info = PageInfo::of(&StreamId::new("a").unwrap(), &twelve_leads(500.0, 1.0), &page(Layout::GemPage));
    let mut bytes = Vec::new();
    write_png(&mut bytes, &image, &info).unwrap();
    assert!(image::load_from_memory(&bytes).unwrap().to_rgb8() == image);
    assert_eq!(read_page_info(&bytes).unwrap(), info);
}

#[test]
fn a_file_without_page_info_is_named_as_such() {
    assert!(matches!(read_page_info(b"no PNG"), Err(PageFileError::Read { .. })));
    let mut plain = std::io::Cursor::new(Vec::new());
    RgbImage::new(4, 4).write_to(&mut plain, image::ImageFormat::Png).unwrap();
    assert!(matches!(read_page_info(plain.get_ref()), Err(PageFileError::NoPageInfo)));

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.add_itxt_chunk("gemwatch.page".to_owned(), "{\"stream_id\": 1}".to_owned()).unwrap();
    encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
    assert!(matches!(read_page_info(&bytes), Err(PageFileError::PageInfo { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_sample_leads_to_its_pixel_and_back(
        rate_hz in 50.0..4000.0_f64,
        seconds in 0.5..12.0_f64,
        place in 0.0..1.0_f64,
        lead in 0..12_usize,
        clinician: bool,
    ) {
        let strip = strip_of(&STANDARD_LEADS, rate_hz, seconds, |_, _| 0.0);
        let page = page(if clinician { Layout::ClinicianPage } else { Layout::GemPage });
        let info = PageInfo::of(&StreamId::new("a").unwrap(), &strip, &page);
        let sample = ((strip.len() as f64 * place) as usize).min(strip.len() - 1);
        let seconds = sample as f64 / rate_hz;
        let lead = &STANDARD_LEADS[lead];
        for (x, y) in info.geometry.points_of(lead, seconds, 0.0) {
            let (found, at_s) = info.geometry.locate(x, y).unwrap();
            prop_assert_eq!(&found, lead);
            prop_assert!((at_s - seconds).abs() < 1e-7);
            prop_assert_eq!(info.sample_at(x, y), Some((lead.clone(), sample as u64)));
            // From the centre of the pixel it is the same moment to half a pixel, unless it lies in the column beside.
            let beside = |x| info.geometry.locate(x, y).is_none_or(|(found, _)| found != *lead);
            let is_border = beside(x - 0.5) || beside(x + 0.5);
            let centre = info.geometry.locate(x.floor() + 0.5, y.floor() + 0.5);
            if let Some((found, at_s)) = centre.filter(|_| !is_border) {
                prop_assert_eq!(&found, lead);
                prop_assert!((at_s - seconds).abs() <= 0.5 / PX_PER_S + 1e-9);
            }
        }
        // Every moment of the first ten seconds is on GEM's page.
        if !clinician && seconds < 9.999 {
            prop_assert_eq!(info.geometry.points_of(lead, seconds, 0.0).len(), 1);
        }
    }

    #[test]
    fn a_pixel_leads_to_a_moment_and_back(x in 0.0..2200.0_f64, y in 0.0..1700.0_f64, clinician: bool) {
        let strip = twelve_leads(500.0, 10.0);
        let page = page(if clinician { Layout::ClinicianPage } else { Layout::GemPage });
        let geometry = Geometry::of(&strip, &page);
        if let Some((lead, seconds)) = geometry.locate(x, y) {
            let trace = geometry.traces.iter().find(|trace| trace.area.contains(x, y)).unwrap();
            let points = geometry.points_of(&lead, seconds, trace.millivolts_at(y));
            prop_assert!(points.iter().any(|(x2, y2)| (x - x2).abs() < 1e-6 && (y - y2).abs() < 1e-6));
        } else {
            prop_assert!(geometry.traces.iter().all(|trace| !trace.area.contains(x, y)));
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        file.extend(bytes);
        prop_assert!(read_page_info(&file).is_err());
    }
}
