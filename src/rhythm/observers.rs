//! All that watches the rhythm, and what each of them is told.
//!
//! In go beats, classes, pulses and the time, out come the [`Findings`] brought up to date.

use super::atrial_fibrillation::Irregularity;
use super::beat_log::{BeatLog, ClassedBeat};
use super::noise::NoiseMeter;
use super::oscillation::{Oscillations, Own};
use super::own::OwnComplexes;
use super::pacing::Pacing;
use super::pattern::Patterns;
use super::supraventricular::SupraventricularRuns;
use super::ventricular::{self, VentricularCount, VentricularRuns};
use super::{Findings, interval};
use crate::beats::BeatClass;
use crate::ecg::{Duration, Lead, Time};
use crate::signal::quality::Quality;

/// A beat has its class at the latest this long after its R peak (search-back excepted).
const CLASSIFIED_AFTER: Duration = Duration::from_nanos(400_000_000);
/// What could still be of a rhythm without beats for so long is none.
const RHYTHM_ENDS_AFTER_S: f64 = 4.0;
/// Beats of the patient's own shape count against an oscillation for the length of its window.
const OWN_COUNT_FOR_S: f64 = 3.0;

/// Every so many updates the own complexes are learned or looked for.
const LEARN_EVERY: u32 = 5;
/// They are looked for when so many of the latest beats are not the patient's own, or when none came for so long.
const MOST_OTHERS: usize = 2;
const QUIET_S: f64 = 1.8;

/// The observers of one bed.
#[derive(Clone, Debug, Default)]
pub(super) struct Observers {
    log: BeatLog,
    oscillations: Oscillations,
    own: OwnComplexes,
    ventricular: VentricularRuns,
    supraventricular: SupraventricularRuns,
    count: VentricularCount,
    patterns: Patterns,
    irregularity: Irregularity,
    pacing: Pacing,
    noise: NoiseMeter,
    next_second: Option<Time>,
    updates: u32,
    /// The end of the ventricular run that was looked at last, and whether it had ended.
    looked_at: Option<(Time, bool)>,
}

impl Observers {
    /// Other leads.
    pub fn start(&mut self, leads: &[Lead]) {
        self.oscillations.start(leads);
        self.own.start(leads);
        self.next_second = None;
    }

    /// Nothing can be seen from here on. What has ended stays said; an oscillation outlasts a short break.
    pub fn interrupt(&mut self, findings: &mut Findings) {
        self.log.clear();
        self.ventricular.runs.end();
        self.supraventricular.runs.end();
        self.patterns.clear();
        self.irregularity.clear();
        self.pacing.clear();
        self.runs(findings);
        (findings.pattern, findings.atrial_fibrillation, findings.multiform) = (None, None, None);
    }

    /// A pacing pulse.
    pub fn pacer_mark(&mut self, at: Time) {
        self.pacing.pulse(at);
    }

    /// A beat that has no class yet.
    pub fn beat(&mut self, at: Time) {
        self.pacing.beat(at);
    }

    /// A beat with its class.
    pub fn classified(&mut self, beat: ClassedBeat, findings: &mut Findings) {
        if !self.log.push(beat) {
            return;
        }
        self.own.beat(&self.log);
        let is_ventricular = beat.is_ventricular();
        let is_other = matches!(beat.class, BeatClass::Ventricular | BeatClass::Fusion | BeatClass::Unclassifiable);
        self.irregularity.beat(beat.at, is_other, beat.p_wave.map(f64::from));
        self.ventricular.beat(&self.log);
        self.supraventricular.beat(&self.log, self.irregularity.found().is_some());
        self.patterns.beat(beat.at, is_ventricular);
        if is_ventricular {
            self.count.beat(beat.at);
            findings.r_on_t = ventricular::on_t_wave(&self.log).or(findings.r_on_t);
        }
        findings.long_interval = interval::closed(&self.log).or(findings.long_interval);
        findings.multiform = ventricular::multiform(&self.log);
        findings.pattern = self.patterns.found();
        findings.atrial_fibrillation = self.irregularity.found();
        self.runs(findings);
    }

    /// Brings everything up to `now`; `latest_mv` gives the latest samples of a lead.
    pub fn update<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        watched: Option<Time>,
        qualities: impl Iterator<Item = Quality> + Clone,
        noise: impl Iterator<Item = f64>,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
        findings: &mut Findings,
    ) {
        let next_second = *self.next_second.get_or_insert(now + Duration::from_nanos(900_000_000));
        if now >= next_second {
            self.noise.second(now, qualities.clone().zip(noise));
            self.next_second = Some(now + Duration::from_nanos(1_000_000_000));
        }
        let lately = |beat: &&ClassedBeat| now.seconds_since(beat.at) < OWN_COUNT_FOR_S;
        let own_beats = self.log.latest().take_while(lately).filter(|beat| beat.own).count();
        let own = Own { beats: own_beats, complexes: |lead| self.own.count(lead, &latest_mv) };
        self.oscillations.update(now, qualities.clone(), &latest_mv, &own);
        match (self.oscillations.found(), &mut findings.ventricular_oscillation) {
            (Some(found), Some(said)) => said.clone_from(found),
            (found, said) => *said = found.cloned(),
        }
        self.look_for_own(now, qualities, &latest_mv, findings);
        let known_until = now - CLASSIFIED_AFTER;
        self.ventricular.runs.pause(known_until);
        self.supraventricular.runs.pause(known_until);
        self.runs(findings);
        if self.log.latest().next().is_some_and(|last| known_until.seconds_since(last.at) > RHYTHM_ENDS_AFTER_S) {
            self.patterns.clear();
            self.irregularity.clear();
            (findings.pattern, findings.atrial_fibrillation) = (None, None);
        }
        findings.long_interval = interval::open(&self.log, known_until).or(findings.long_interval);
        self.pacing.update(now);
        findings.pacing_fault = self.pacing.found();
        findings.ventricular_beats = self.count.at(now, watched);
        findings.noise = self.noise.found();
    }

    /// Looks for the patient's own rhythm, if what was found is doubtful: beats that are not the patient's own, or none.
    fn look_for_own<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        qualities: impl Iterator<Item = Quality> + Clone,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
        findings: &mut Findings,
    ) {
        self.updates = (self.updates + 1) % LEARN_EVERY;
        let run = self.ventricular.runs.latest();
        let is_new_run = run.is_some_and(|run| self.looked_at != Some((run.to, run.ended)));
        if self.updates > 0 && !is_new_run {
            return;
        }
        self.looked_at = run.map(|run| (run.to, run.ended));
        let lately = |beat: &&ClassedBeat| now.seconds_since(beat.at) < OWN_COUNT_FOR_S;
        let others = self.log.latest().take_while(lately).filter(|beat| !beat.own).count();
        let is_quiet = self.log.latest().next().is_none_or(|last| now.seconds_since(last.at) > QUIET_S);
        if others < MOST_OTHERS && !is_quiet && !is_new_run {
            findings.own_rhythm = None;
            if findings.ventricular_oscillation.is_none() {
                self.own.learn(now, qualities, latest_mv, &self.log);
            }
            return;
        }
        findings.own_rhythm = self.own.rhythm(now, qualities.clone(), &latest_mv);
        if run.is_some_and(|run| self.own.goes_on_through(&run, now, qualities, latest_mv)) {
            self.ventricular.runs.revoke();
        }
    }

    fn runs(&self, findings: &mut Findings) {
        findings.ventricular_run = self.ventricular.runs.latest();
        findings.supraventricular_run = self.supraventricular.runs.latest();
    }
}
