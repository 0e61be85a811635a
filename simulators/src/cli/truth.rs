//! The truth about a ward as JSON Lines.
//!
//! In: a [`Ward`]. Out: one JSON object a line, its `kind` first, its times in seconds from the begin of the ward.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde::Serialize;
use simulators::{
    patient::{Patient, Territory},
    scenario::{Bed, Ward},
    truth::BeatClass,
};

/// One line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum TruthLine<'a> {
    Beat {
        stream_id: &'a str,
        time_s: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        p_onset_s: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        p_end_s: Option<f64>,
        qrs_onset_s: f64,
        qrs_end_s: f64,
        t_end_s: f64,
        st_mv: [f64; 12],
        label: BeatClass,
    },
    Pulse {
        stream_id: &'a str,
        time_s: f64,
    },
    Rhythm {
        stream_id: &'a str,
        rhythm: &'a str,
        from_s: f64,
        to_s: f64,
    },
    LeadOff {
        stream_id: &'a str,
        leads: Vec<&'a str>,
        from_s: f64,
        to_s: f64,
    },
    Condition {
        stream_id: &'a str,
        condition: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        territory: Option<&'a str>,
        from_s: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_s: Option<f64>,
        ramp_s: f64,
    },
    Disturbance {
        stream_id: &'a str,
        disturbance: &'a str,
        electrode: &'a str,
        level_mv: f64,
        from_s: f64,
        to_s: f64,
    },
    Silence {
        stream_id: &'a str,
        from_s: f64,
        to_s: f64,
    },
}

/// Writes the truth about every bed up to `duration`, or over one pass of each script.
pub(super) fn write(ward: &Ward, duration: Option<Duration>, out: &mut impl Write) -> io::Result<()> {
    for bed in &ward.beds {
        for line in lines(bed, duration)? {
            serde_json::to_writer(&mut *out, &line)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Rhythms, beats, pulses of pacemakers, leads off, conditions, disturbances and silences, each kind in the order of time.
fn lines(bed: &Bed, duration: Option<Duration>) -> io::Result<Vec<TruthLine<'_>>> {
    let (stream_id, shift_s) = (bed.stream_id.as_str(), bed.start_after_s);
    let end_s = duration.map_or(bed.patient.script.seconds(), |duration| duration.as_secs_f64() - shift_s);
    let truth = Patient::new(bed.patient.clone()).map_err(io::Error::other)?.truth_until(end_s);
    let rounded = |patient_s: f64| ((patient_s + shift_s) * 1e6).round() / 1e6;
    let mut lines = Vec::new();
    lines.extend(truth.episodes.iter().map(|episode| TruthLine::Rhythm {
        stream_id,
        rhythm: episode.rhythm.name(),
        from_s: rounded(episode.from_s),
        to_s: rounded(episode.to_s),
    }));
    lines.extend(truth.beats.iter().map(|beat| TruthLine::Beat {
        stream_id,
        time_s: rounded(beat.r_s),
        p_onset_s: beat.p_onset_s.map(rounded),
        p_end_s: beat.p_end_s.map(rounded),
        qrs_onset_s: rounded(beat.qrs_onset_s),
        qrs_end_s: rounded(beat.qrs_end_s),
        t_end_s: rounded(beat.t_end_s),
        st_mv: beat.st_mv.map(|mv| (f64::from(mv) * 1e4).round() / 1e4),
        label: beat.class,
    }));
    lines.extend(truth.pulses_s.iter().map(|&at_s| TruthLine::Pulse { stream_id, time_s: rounded(at_s) }));
    lines.extend(bed.lead_off.iter().filter(|off| off.spell.from_s < end_s).map(|off| TruthLine::LeadOff {
        stream_id,
        leads: off.leads.iter().map(|lead| lead.name()).collect(),
        from_s: rounded(off.spell.from_s),
        to_s: rounded(off.spell.to_s),
    }));
    let conditions = bed.patient.conditions.iter().filter(|condition| condition.from_s < end_s);
    lines.extend(conditions.map(|condition| TruthLine::Condition {
        stream_id,
        condition: condition.kind.name(),
        territory: condition.kind.territory().map(Territory::name),
        from_s: rounded(condition.from_s),
        to_s: condition.to_s.is_finite().then(|| rounded(condition.to_s)),
        ramp_s: condition.ramp_s,
    }));
    let disturbances = bed.patient.disturbances.iter().filter(|disturbance| disturbance.from_s < end_s);
    lines.extend(disturbances.map(|disturbance| TruthLine::Disturbance {
        stream_id,
        disturbance: disturbance.kind.name(),
        electrode: disturbance.electrode.name(),
        level_mv: disturbance.level_mv,
        from_s: rounded(disturbance.from_s),
        to_s: rounded(disturbance.to_s),
    }));
    lines.extend(bed.silence.iter().filter(|spell| spell.from_s < end_s).map(|spell| TruthLine::Silence {
        stream_id,
        from_s: rounded(spell.from_s),
        to_s: rounded(spell.to_s),
    }));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(scenario: &str, duration_s: Option<u64>) -> Vec<serde_json::Value> {
        let ward = Ward::from_toml(scenario).unwrap();
        let mut out = Vec::new();
        write(&ward, duration_s.map(Duration::from_secs), &mut out).unwrap();
        out.split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn the_shipped_ward_tells_its_rhythms_leads_and_silences_in_ward_time() {
        let lines = written(include_str!("../../scenarios/ward.toml"), None);
        let of = |kind: &str, stream: &str| {
            let matches = |line: &&serde_json::Value| line["kind"] == kind && line["stream_id"] == stream;
            lines.iter().filter(matches).cloned().collect::<Vec<_>>()
        };
        let rhythms = of("rhythm", "ward/bed-1");
        assert_eq!(rhythms[1]["rhythm"], "asystole");
        assert_eq!((rhythms[1]["from_s"].as_f64(), rhythms[1]["to_s"].as_f64()), (Some(20.0), Some(32.0)));
        assert_eq!(of("lead-off", "ward/bed-3")[0]["leads"][0], "V1");
        let motion = &of("disturbance", "ward/bed-3")[0];
        assert_eq!((motion["disturbance"].as_str(), motion["electrode"].as_str()), (Some("motion"), Some("LL")));
        // This monitor is switched on 3 s after the others.
        assert_eq!(of("silence", "ward/bed-5")[0]["from_s"].as_f64(), Some(43.0));
        assert!(of("beat", "ward/bed-5")[0]["time_s"].as_f64() > Some(3.0));
        assert!(of("beat", "ward/bed-4").iter().any(|beat| beat["label"] == "V"));
    }

    #[test]
    fn the_duration_cuts() {
        let lines = written(include_str!("../../scenarios/asystole.toml"), Some(25));
        let last = lines.iter().rfind(|line| line["kind"] == "rhythm").unwrap();
        assert_eq!((last["rhythm"].as_str(), last["to_s"].as_f64()), (Some("asystole"), Some(25.0)));
    }
}
