//! Episodes that are no rhythm: what a trial does to the shape of the beats, to the electrodes and to the leads.
//!
//! In: a code, a bed whose rhythm is set, a random stream. Out: conditions, disturbances and leads off of that bed; for the
//! truth, where ST and the corrected QT interval leave what is usual.

use rand::Rng;

use super::{TrialCode, TrialEpisode, patient_of};
use crate::{
    lead::Lead,
    patient::{Condition, ConditionKind, Disturbance, DisturbanceKind, Electrode, PatientSettings, Territory},
    scenario::{Bed, LeadOff, Spell},
    truth::BeatTruth,
};

/// How long the step with the ST change takes, its ramps included, and how long they are.
pub(super) const STDEV_S: f64 = 170.0;
const STDEV_RAMP_S: f64 = 20.0;
/// The same for the long QT interval.
pub(super) const QTC_S: f64 = 460.0;
const QTC_RAMP_S: f64 = 20.0;
/// ST has changed when it is so far from its usual level in two contiguous leads (the usual limit of monitors).
const ST_CHANGE_MV: f32 = 0.1;
/// The corrected QT interval (Bazett) is long above this (the usual limit of monitors).
const LONG_QTC_S: f64 = 0.5;
/// The RR interval that corrects it is the mean of so many.
const RR_INTERVALS: usize = 8;

/// Neighbours on the chest and in the frontal plane.
const CONTIGUOUS: [(Lead, Lead); 9] = [
    (Lead::II, Lead::AVF),
    (Lead::III, Lead::AVF),
    (Lead::II, Lead::III),
    (Lead::I, Lead::AVL),
    (Lead::V1, Lead::V2),
    (Lead::V2, Lead::V3),
    (Lead::V3, Lead::V4),
    (Lead::V4, Lead::V5),
    (Lead::V5, Lead::V6),
];

impl TrialCode {
    /// How much longer than usual the time before the episode is, in seconds: monitors learn what is usual.
    pub(super) fn more_before_s(self) -> f64 {
        match self {
            TrialCode::Stdev => 40.0,
            TrialCode::Qtc => 25.0,
            _ => 0.0,
        }
    }

    /// Is noise the episode?
    pub(super) fn is_noise(self) -> bool {
        matches!(self, TrialCode::Noise1 | TrialCode::Noise2)
    }

    /// Is the episode a measurement on leads that look at the heart from several sides?
    pub(super) fn is_measured(self) -> bool {
        matches!(self, TrialCode::Stdev | TrialCode::Qtc)
    }

    /// Are the patient's own beats narrow, so that what is wide in the record is the pacemaker's, and what is measured is
    /// no matter of a bundle branch?
    pub(super) fn needs_narrow_beats(self) -> bool {
        matches!(self, TrialCode::Svt | TrialCode::Pnc | TrialCode::Pnp | TrialCode::Stdev | TrialCode::Qtc)
    }
}

/// Does to the bed what the code asks for besides a rhythm, from `from_s` to `to_s`.
pub(super) fn arrange(code: TrialCode, bed: &mut Bed, from_s: f64, to_s: f64, random: &mut impl Rng) {
    match code {
        TrialCode::Leads => {
            let of_leads = |electrode: &Electrode| bed.leads.iter().any(|&l| Electrode::of_lead(l).contains(electrode));
            let electrodes: Vec<Electrode> = Electrode::ALL.into_iter().filter(of_leads).collect();
            let electrode = electrodes[random.random_range(0..electrodes.len())];
            let off = bed.leads.iter().copied().filter(|&lead| Electrode::of_lead(lead).contains(&electrode));
            bed.lead_off.push(LeadOff { leads: off.collect(), spell: Spell { from_s, to_s } });
        }
        TrialCode::Noise1 | TrialCode::Noise2 => {
            let level_mv = random.random_range(0.4..0.8);
            let kind = DisturbanceKind::Muscle;
            let on = |electrode| Disturbance { kind, electrode, from_s, to_s, level_mv };
            bed.patient.disturbances.extend(Electrode::ALL.map(on));
        }
        TrialCode::Stdev => {
            // Two contiguous leads have to show it.
            let all = [Territory::Inferior, Territory::Anterior, Territory::Lateral, Territory::Posterior];
            let territories = if bed.leads.len() == Lead::ALL.len() { 4 } else { 1 };
            let territory = all[random.random_range(0..territories)];
            let level_mv = random.random_range(0.25..0.45);
            let kind = if random.random_bool(0.6) {
                ConditionKind::StElevation { territory, level_mv }
            } else {
                ConditionKind::StDepression { territory, level_mv }
            };
            bed.patient.conditions.push(Condition { kind, from_s, to_s, ramp_s: STDEV_RAMP_S });
        }
        TrialCode::Qtc => {
            let qtc_s = random.random_range(0.56..0.60);
            let kind = ConditionKind::LongQt { times: times_for(qtc_s, &bed.patient) };
            bed.patient.conditions.push(Condition { kind, from_s, to_s, ramp_s: QTC_RAMP_S });
        }
        _ => {}
    }
}

/// How much longer repolarisation must take so that this heart has `qtc_s`: QT is a part before the R peak, which stays,
/// and a part after it, which stretches.
fn times_for(qtc_s: f64, patient: &PatientSettings) -> f64 {
    let beats = patient_of(patient).truth_until(30.0).beats;
    let seconds = |pair: &[BeatTruth]| pair[1].r_s - pair[0].r_s;
    let rr_s = beats.windows(2).map(seconds).sum::<f64>() / beats.len().saturating_sub(1).max(1) as f64;
    let mean = |of: fn(&BeatTruth) -> f64| beats.iter().map(of).sum::<f64>() / beats.len().max(1) as f64;
    let (before_s, after_s) = (mean(|beat| beat.r_s - beat.qrs_onset_s), mean(|beat| beat.t_end_s - beat.r_s));
    ((qtc_s * rr_s.sqrt() - before_s) / after_s).clamp(1.0, 1.8)
}

/// From the first to the last beat whose ST level is [`ST_CHANGE_MV`] or more from that of the beats before `from_s`, in
/// two contiguous leads.
pub(super) fn st_episode(beats: &[BeatTruth], from_s: f64) -> Option<TrialEpisode> {
    let usual = beats.iter().rfind(|beat| beat.r_s < from_s)?.st_mv;
    let changed = |beat: &&BeatTruth| {
        let change = |lead: Lead| beat.st_mv[lead as usize] - usual[lead as usize];
        CONTIGUOUS.iter().any(|&(one, other)| {
            let (one, other) = (change(one), change(other));
            one.signum().total_cmp(&other.signum()).is_eq() && one.abs().min(other.abs()) >= ST_CHANGE_MV
        })
    };
    span(beats.iter().filter(changed))
}

/// From the first to the last beat with a corrected QT interval above [`LONG_QTC_S`].
pub(super) fn qtc_episode(beats: &[BeatTruth]) -> Option<TrialEpisode> {
    let long = beats.windows(RR_INTERVALS + 1).filter_map(|window| {
        let last = window.last()?;
        let rr_s = (last.r_s - window.first()?.r_s) / RR_INTERVALS as f64;
        (last.qt_s() / rr_s.sqrt() > LONG_QTC_S).then_some(last)
    });
    span(long)
}

fn span<'a>(mut beats: impl DoubleEndedIterator<Item = &'a BeatTruth>) -> Option<TrialEpisode> {
    let onset_s = beats.next()?.r_s;
    Some(TrialEpisode { onset_s, end_s: beats.next_back()?.r_s })
}
