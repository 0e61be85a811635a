//! The quality of leads on recordings: the noisy parts of the noise stress record against its clean ones, clean and
//! noisy records of a ward, asystole and fibrillation that must not be taken for a dead lead.

use std::path::{Path, PathBuf};

use gemwatch::{
    ecg::{Chunk, INVALID_SAMPLE, StreamId},
    signal::{
        quality::{Quality, QualityMeter, Spectrum},
        resample::Resample,
    },
    source::recordings::Record,
};

const ALL: [Quality; 8] = [
    Quality::Good,
    Quality::Off,
    Quality::Flat,
    Quality::Clipped,
    Quality::Impulse,
    Quality::Muscle,
    Quality::Wander,
    Quality::Mains,
];

/// The folder of test recordings; `None`, said aloud, where it is missing. With `CI` set it must be there.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("GEMWATCH_RECORDINGS")
        .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
    if folder.join("MANIFEST.csv").is_file() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no recordings at {}", folder.display());
    eprintln!("left out: no recordings at {} (set GEMWATCH_RECORDINGS)", folder.display());
    None
}

/// One row a lead: the quality of each second.
fn qualities(folder: &Path, name: &str) -> Vec<Vec<Quality>> {
    let record = Record::open(&folder.join(name)).unwrap();
    let chunks: Vec<Chunk> = record.chunks(StreamId::new("bed-1").unwrap(), 10.0).unwrap().collect();
    let leads: Vec<_> = chunks[0].leads.iter().map(|lead| lead.lead.clone()).collect();
    let mut spectrum = Spectrum::default();
    let mut meters = vec![QualityMeter::new(); leads.len()];
    let mut resample = Resample::new(leads, chunks[0].rate_hz);
    let mut qualities = vec![vec![]; meters.len()];
    for chunk in &chunks {
        let block = resample.push(&chunk.rows_mv());
        for ((lead, meter), seconds) in block.leads.iter().zip(&mut meters).zip(&mut qualities) {
            let samples = lead.samples_mv.iter().zip(&lead.valid);
            seconds.extend(samples.filter_map(|(value, valid)| meter.push(*value, *valid, &mut spectrum)));
        }
    }
    qualities
}

/// Part of the seconds that have this quality.
fn part(seconds: &[Quality], quality: Quality) -> f64 {
    seconds.iter().filter(|other| **other == quality).count() as f64 / seconds.len().max(1) as f64
}

fn show(name: &str, seconds: &[Quality]) {
    let parts: Vec<String> = ALL
        .iter()
        .map(|quality| (format!("{quality:?}").to_lowercase(), 100.0 * part(seconds, *quality)))
        .filter(|(_, percent)| *percent > 0.0)
        .map(|(word, percent)| format!("{word} {percent:.1} %"))
        .collect();
    eprintln!("{name}: {}", parts.join(", "));
}

#[test]
fn the_noisy_parts_of_the_noise_stress_record_are_found() {
    let Some(folder) = recordings() else { return };
    for (lead, seconds) in qualities(&folder, "nstdb/118e06").iter().enumerate() {
        // From 5 min on, two minutes of noise and two without.
        let noisy_at = |second: usize| second >= 300 && ((second - 300) / 120).is_multiple_of(2);
        let pick = |noisy: bool| -> Vec<Quality> {
            seconds.iter().enumerate().filter(|(n, _)| noisy_at(*n) == noisy).map(|(_, quality)| *quality).collect()
        };
        let (noisy, clean) = (pick(true), pick(false));
        show(&format!("118e06 lead {lead}, noisy"), &noisy);
        show(&format!("118e06 lead {lead}, clean"), &clean);
        assert!(part(&clean, Quality::Good) > 0.9, "lead {lead}");
        assert!(part(&noisy, Quality::Good) < 0.4, "lead {lead}");
    }
}

#[test]
fn a_calm_record_is_good() {
    let Some(folder) = recordings() else { return };
    for (lead, seconds) in qualities(&folder, "mitdb/100").iter().enumerate() {
        show(&format!("mitdb 100 lead {lead}"), seconds);
        assert!(part(seconds, Quality::Good) > 0.95, "lead {lead}");
    }
}

/// Records whose patients were in true asystole at the alarm: the ten seconds before it are no dead lead.
#[test]
fn a_true_asystole_is_not_flat() {
    let Some(folder) = recordings() else { return };
    for name in ["a142s", "a203l"] {
        let leads = qualities(&folder, &format!("cinc2015/{name}"));
        for (lead, seconds) in leads.iter().enumerate() {
            show(&format!("cinc2015 {name} lead {lead}, 285 to 300 s"), &seconds[285..299]);
        }
        assert!(leads.iter().any(|seconds| part(&seconds[285..299], Quality::Flat) < 0.01), "{name}");
    }
}

/// Seconds of the first lead of which 40 ms or more lie at an extreme of the whole record's digital values.
fn at_the_rails(folder: &Path, name: &str) -> Vec<bool> {
    let record = Record::open(&folder.join(name)).unwrap();
    let samples = &record.signals[0].samples;
    let valid = || samples.iter().copied().filter(|value| *value != INVALID_SAMPLE);
    let (low, high) = (valid().min().unwrap(), valid().max().unwrap());
    let second = record.rate_hz as usize;
    let count = |part: &[i32], rail: i32| part.iter().filter(|value| **value == rail).count();
    let clipped = |part: &[i32]| count(part, low).max(count(part, high)) * 25 >= second;
    samples.chunks_exact(second).map(clipped).collect()
}

#[test]
fn clipped_seconds_are_found_and_fibrillation_is_still_heard() {
    let Some(folder) = recordings() else { return };
    let windows = std::fs::read_to_string(folder.join("cudb/vf_windows_5s.csv")).unwrap();
    let (mut at_rails, mut elsewhere, mut fibrillating) = (vec![], vec![], vec![]);
    for number in 1..=18 {
        let name = format!("cu{number:02}");
        let seconds = &qualities(&folder, &format!("cudb/{name}"))[0];
        show(&format!("cudb {name}"), seconds);
        for (quality, clipped) in seconds.iter().zip(at_the_rails(&folder, &format!("cudb/{name}"))) {
            if clipped { at_rails.push(*quality) } else { elsewhere.push(*quality) }
        }
        let of_record = windows.lines().filter(|line| line.split(',').next() == Some(&name));
        for (window, row) in of_record.enumerate() {
            if row.ends_with(",1") {
                fibrillating.extend(seconds.iter().skip(window * 5).take(5).copied());
            }
        }
    }
    show("cudb, all that is at a rail", &at_rails);
    show("cudb, all that is not at a rail", &elsewhere);
    show("cudb, all that is marked as fibrillation", &fibrillating);
    assert!(at_rails.len() > 50 && part(&at_rails, Quality::Clipped) > 0.7);
    assert!(part(&elsewhere, Quality::Clipped) < 0.015);
    assert!(fibrillating.len() > 500 && part(&fibrillating, Quality::Flat) < 0.005);
    let weight = fibrillating.iter().map(|quality| quality.weight()).sum::<f32>() / fibrillating.len() as f32;
    assert!(weight > 0.8, "{weight}");
}

/// What alarms of a real ward look like; printed for those who judge the limits.
#[test]
fn records_of_a_ward_have_every_kind_of_second() {
    let Some(folder) = recordings() else { return };
    let mut names: Vec<String> = ["mitdb/105", "mitdb/203", "mitdb/207"].map(str::to_owned).to_vec();
    let alarms = std::fs::read_to_string(folder.join("cinc2015/ALARMS.csv")).unwrap();
    names.extend(alarms.lines().skip(1).map(|line| format!("cinc2015/{}", line.split(',').next().unwrap())));
    let mut all = vec![];
    for name in names {
        for (lead, seconds) in qualities(&folder, &name).iter().enumerate() {
            show(&format!("{name} lead {lead}"), seconds);
            all.extend_from_slice(seconds);
        }
    }
    show("all", &all);
    for quality in [Quality::Good, Quality::Impulse, Quality::Muscle, Quality::Wander] {
        assert!(part(&all, quality) > 0.001, "{quality:?}");
    }
    assert!(part(&all, Quality::Good) > 0.5);
}
