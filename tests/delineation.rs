//! The marks of LUDB through a bed, lead by lead against the readers', with the figures that were reached and some slack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gemwatch::bed::{BeatPoints, Bed, BedOutput, BedSettings};
use gemwatch::ecg::{Duration, Lead, StreamId};
use gemwatch::source::recordings::{Record, read_annotations};

/// The folder of test recordings; `None`, said aloud, where it is missing. With `CI` set it must be there.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("GEMWATCH_RECORDINGS")
        .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
    if folder.join("ludb").is_dir() {
        return Some(folder.join("ludb"));
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}", folder.display());
    eprintln!("left out: no recordings at {} (set GEMWATCH_RECORDINGS)", folder.display());
    None
}

/// Marks of one lead by the name of the point, in ms from the record's start.
type Marks = BTreeMap<&'static str, Vec<f64>>;

/// What the readers marked: `(`, the wave, `)`.
fn reference(path: &Path, rate_hz: f64) -> Marks {
    let file = read_annotations(path).unwrap_or_else(|error| panic!("{error}"));
    let mut marks = Marks::new();
    for three in file.annotations.windows(3) {
        let symbols: Vec<&str> = three.iter().map(|annotation| annotation.label.mnemonic()).collect();
        let (onset, offset) = match symbols[..] {
            ["(", "p", ")"] => ("P_on", "P_off"),
            ["(", "N", ")"] => ("QRS_on", "QRS_off"),
            ["(", "t", ")"] => ("T_on", "T_off"),
            _ => continue,
        };
        let ms = |index: usize| three[index].sample as f64 * 1000.0 / rate_hz;
        marks.entry(onset).or_default().push(ms(0));
        marks.entry(offset).or_default().push(ms(2));
    }
    marks
}

fn found(record: &Record) -> BTreeMap<Lead, Marks> {
    let mut bed = Bed::new(BedSettings { points: true, ..BedSettings::default() });
    let stream_id = StreamId::new(&record.name).unwrap();
    let chunks = record.chunks(stream_id, 0.1).unwrap_or_else(|error| panic!("{error}"));
    let start = record.start.unwrap_or_default();
    let mut leads: BTreeMap<Lead, Marks> = BTreeMap::new();
    let mut take = |beat: &BeatPoints| {
        for (lead, marks) in &beat.leads {
            let own = leads.entry(lead.clone()).or_default();
            let mut put = |point, sample| {
                own.entry(point).or_default().push(beat.time_of(sample).seconds_since(start) * 1000.0);
            };
            if let Ok(p) = marks.p {
                put("P_on", p.onset);
                put("P_off", p.offset);
            }
            if let Ok(qrs) = marks.qrs {
                put("QRS_on", qrs.onset);
                put("QRS_off", qrs.offset);
            }
            if let Ok(t) = marks.t {
                put("T_off", t.offset);
            }
        }
    };
    let mut outputs = Vec::new();
    for chunk in chunks {
        outputs.extend(bed.push(&chunk));
    }
    outputs.extend(bed.close(start + Duration::from_secs_f64(record.samples as f64 / record.rate_hz)));
    for output in outputs {
        if let BedOutput::Points(beat) = output {
            take(&beat);
        }
    }
    leads
}

#[derive(Default)]
struct Score {
    marks: usize,
    errors_ms: Vec<f64>,
    /// The standard deviation of each record.
    deviations_ms: Vec<f64>,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn ludb_is_marked_as_its_readers_do() {
    let Some(folder) = recordings() else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hea"))
        .collect();
    paths.sort();
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let (mut p_waves_where_none_are, mut beats_without_p) = (0, 0);
    for path in &paths {
        let record = Record::open(path).unwrap_or_else(|error| panic!("{error}"));
        let found = found(&record);
        let mut of_record: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let references: Vec<(Lead, Marks)> = found
            .keys()
            .map(|lead| {
                let annotations = path.with_extension(lead.name().to_lowercase());
                (lead.clone(), reference(&annotations, record.rate_hz))
            })
            .collect();
        let has_p = references.iter().any(|(_, marks)| marks.contains_key("P_on"));
        for (lead, marks) in &references {
            for point in ["P_on", "P_off", "QRS_on", "QRS_off", "T_off"] {
                let score = scores.entry(point).or_default();
                for at_ms in marks.get(point).into_iter().flatten() {
                    score.marks += 1;
                    let own = found[lead].get(point).into_iter().flatten();
                    let nearest = own.map(|own_ms| own_ms - at_ms).min_by(|a, b| a.abs().total_cmp(&b.abs()));
                    of_record.entry(point).or_default().extend(nearest.filter(|error_ms| error_ms.abs() <= 150.0));
                }
            }
            if let (false, Some(complexes)) = (has_p, marks.get("QRS_on")) {
                let (first, last) = (complexes[0] - 200.0, complexes[complexes.len() - 1]);
                let claimed = found[lead].get("P_on").into_iter().flatten();
                p_waves_where_none_are += claimed.filter(|at_ms| (first..=last).contains(*at_ms)).count();
                beats_without_p += complexes.len();
            }
        }
        for (point, errors_ms) in of_record {
            let score = scores.get_mut(point).expect("the point was scored above");
            if errors_ms.len() > 1 {
                let middle = mean(&errors_ms);
                let squares: f64 = errors_ms.iter().map(|error| (error - middle).powi(2)).sum();
                score.deviations_ms.push((squares / (errors_ms.len() - 1) as f64).sqrt());
            }
            score.errors_ms.extend(errors_ms);
        }
    }
    // Found in per cent at least, mean error and mean standard deviation inside a record in ms at most.
    let limits = [
        ("P_on", 98.5, 6.0, 13.3),
        ("P_off", 98.5, 6.0, 12.5),
        ("QRS_on", 99.0, 4.0, 7.7),
        ("QRS_off", 99.0, 4.0, 9.4),
        ("T_off", 99.0, 6.0, 18.4),
    ];
    for (point, least_found, most_bias, most_deviation) in limits {
        let score = &scores[point];
        let found = 100.0 * score.errors_ms.len() as f64 / score.marks as f64;
        let (bias, deviation) = (mean(&score.errors_ms), mean(&score.deviations_ms));
        eprintln!("{point}: {} marks, found {found:.2} %, {bias:.1} ms, {deviation:.1} ms", score.marks);
        assert!(found >= least_found, "{point}: found {found:.2} %");
        assert!(bias.abs() <= most_bias, "{point}: mean error {bias:.1} ms");
        assert!(deviation <= most_deviation, "{point}: standard deviation inside a record {deviation:.1} ms");
    }
    eprintln!("P waves claimed where none are marked: {p_waves_where_none_are} of {beats_without_p}");
    assert!(p_waves_where_none_are * 10 <= beats_without_p * 3, "{p_waves_where_none_are} of {beats_without_p}");
}
