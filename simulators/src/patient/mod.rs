//! A patient: a heart that follows a script, in a torso, under twelve leads.
//!
//! In: [`PatientSettings`] (seed, sampling rate, script, noise). Out: [`Block`]s of twelve leads in mV, and the exact
//! [`Truth`] behind them. The same settings give the same signal, bit for bit, in blocks of any size.
//!
//! `course` says when the heart beats (with `pace`, `ectopy`, `block` and `pacemaker`), `heart` how a `beat` looks (with `wave`, `condition` and
//! `segment`),
//! `fibrillation` what happens where there are no beats; `torso` turns the dipole into leads and `noise` adds what electrodes pick up.

mod anatomy;
mod beat;
mod block;
mod breathing;
mod compressions;
mod condition;
mod course;
mod disturbance;
mod ectopy;
mod fibrillation;
mod heart;
mod marks;
mod noise;
mod pace;
mod pacemaker;
mod segment;
mod settings;
mod shape;
mod torso;
mod wave;

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use anatomy::{Anatomy, WaveAnatomy};
pub use condition::{Condition, ConditionKind, Territory};
pub use disturbance::{Disturbance, DisturbanceKind};
pub use heart::Conduction;
pub use marks::{WaveKind, WaveMark};
pub use noise::NoiseLevels;
pub use settings::{PatientError, PatientSettings};
pub use torso::Electrode;

use crate::{
    lead::Lead,
    rhythm::Rhythm,
    truth::{BeatTruth, EpisodeTruth, LeadTruth, Truth},
};
use beat::Beat;
use breathing::Breathing;
use condition::Conditions;
use course::Course;
use fibrillation::{AtrialFibrillation, VentricularFibrillation, atrial_flutter_mv};
use heart::Heart;
use noise::Electrodes;
use torso::{ELECTRODES, Torso};

/// Some samples of all twelve leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Number of the first sample, counted from the patient's first.
    pub start_sample: u64,
    /// The leads in mV, in the order of [`Lead::ALL`]; empty where [`Patient::make_only`] left them out.
    pub leads_mv: [Vec<f32>; 12],
    /// Which samples of the block are nearest to a pulse of a pacemaker, rising.
    pub pulses: Vec<usize>,
}

/// Beats are planned this far ahead: the P wave of a beat begins before its R peak.
const LOOK_AHEAD_S: f64 = 0.8;
/// How high the waves of coarse ventricular fibrillation are in lead II, from which fine fibrillation is scaled.
const COARSE_PEAK_MV: f64 = 0.8;
/// Fibrillation sets in and dies away within this time.
const FADE_S: f64 = 0.25;

/// The electrodes have the random streams from 7 on; the body's is far behind theirs.
const BODY_STREAM: u64 = 100;

/// A patient whose signal is made as it is asked for.
#[derive(Clone, Debug)]
pub struct Patient {
    rate_hz: f64,
    next_sample: u64,
    breathing: Breathing,
    course: Course,
    heart: Heart,
    conditions: Conditions,
    atria: AtrialFibrillation,
    ventricles: VentricularFibrillation,
    electrodes: Electrodes,
    torso: Torso,
    atrial_waves_times: f64,
    /// Which leads are made, in the order of [`Lead::ALL`].
    leads: [bool; 12],
    /// Beats whose waves have not died away.
    beats: VecDeque<Beat>,
    /// Episodes that fibrillate or flutter and are not over.
    fibrillating: VecDeque<EpisodeTruth>,
    /// What happened and what is planned; [`Patient::truth`] shows only the former.
    known_beats: VecDeque<BeatTruth>,
    known_episodes: VecDeque<EpisodeTruth>,
    known_pulses_s: VecDeque<f64>,
}

impl Patient {
    /// A patient before the first sample.
    pub fn new(settings: PatientSettings) -> Result<Patient, PatientError> {
        settings.check()?;
        // Each part draws from its own stream, so that more noise or another rate leaves the beats as they are.
        let stream = |number: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
            random.set_stream(number);
            random
        };
        let breathing = Breathing::new(&mut stream(1));
        Ok(Patient {
            rate_hz: settings.rate_hz,
            next_sample: 0,
            breathing,
            course: Course::new(settings.script, breathing, stream(2)),
            heart: Heart::new(settings.conduction, &settings.anatomy, &mut stream(3), &mut stream(BODY_STREAM)),
            conditions: Conditions(settings.conditions),
            atria: AtrialFibrillation::new(&mut stream(4)),
            ventricles: VentricularFibrillation::new(&mut stream(5)),
            electrodes: Electrodes::new(settings.noise, &settings.disturbances, &mut stream(6), |electrode| {
                stream(7 + electrode as u64)
            }),
            torso: Torso::with_own_shape(settings.anatomy.lead_vectors),
            atrial_waves_times: settings.anatomy.atrial_waves_times,
            leads: [true; 12],
            beats: VecDeque::new(),
            fibrillating: VecDeque::new(),
            known_beats: VecDeque::new(),
            known_episodes: VecDeque::new(),
            known_pulses_s: VecDeque::new(),
        })
    }

    /// From now on only these leads are made, which is cheaper; the others are empty in every [`Block`]. What is made is
    /// the same as if all were.
    pub fn make_only(&mut self, leads: &[Lead]) {
        self.leads = Lead::ALL.map(|lead| leads.contains(&lead));
        let needed = |electrode| leads.iter().any(|&lead| Electrode::of_lead(lead).contains(&electrode));
        self.electrodes.use_only(Electrode::ALL.map(needed));
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Up to when the signal was made, in seconds from the first sample.
    pub fn now_s(&self) -> f64 {
        self.next_sample as f64 / self.rate_hz
    }

    /// Goes on at `to_s` without making the signal up to there; wander and beats are what they would have been, muscle noise
    /// goes on where it was. Nothing happens if `to_s` is past.
    pub fn skip_to(&mut self, to_s: f64) {
        self.plan(to_s);
        self.next_sample = self.next_sample.max((to_s * self.rate_hz).round() as u64);
    }

    /// The next `samples` samples.
    pub fn next(&mut self, samples: usize) -> Block {
        let start_sample = self.next_sample;
        let mut leads_mv: [Vec<f32>; 12] = Default::default();
        for (lead, _) in leads_mv.iter_mut().zip(self.leads).filter(|(_, made)| *made) {
            lead.reserve_exact(samples);
        }
        for _ in 0..samples {
            let sample = self.next_sample_mv();
            for ((lead, mv), _) in leads_mv.iter_mut().zip(sample).zip(self.leads).filter(|(_, made)| *made) {
                lead.push(mv as f32);
            }
        }
        let nearest = |at_s: &f64| (at_s * self.rate_hz).round() as u64;
        let within = |sample: &u64| (start_sample..self.next_sample).contains(sample);
        // The latest come last, and few are new.
        let new = self.known_pulses_s.iter().rev().map(nearest).skip_while(|sample| *sample >= self.next_sample);
        let mut pulses: Vec<usize> = new.take_while(within).map(|sample| (sample - start_sample) as usize).collect();
        pulses.reverse();
        Block { start_sample, leads_mv, pulses }
    }

    /// What happened up to [`Patient::now_s`], except what [`Patient::take_truth`] took before. Grows by some 4 MB a day.
    pub fn truth(&self) -> Truth {
        let now_s = self.now_s();
        let episodes = self.known_episodes.iter().filter(|episode| episode.from_s < now_s);
        Truth {
            beats: self.known_beats.iter().take_while(|beat| beat.r_s < now_s).copied().collect(),
            episodes: episodes.map(|&episode| EpisodeTruth { to_s: episode.to_s.min(now_s), ..episode }).collect(),
            pulses_s: self.known_pulses_s.iter().copied().take_while(|at_s| *at_s < now_s).collect(),
        }
    }

    /// Takes out the beats up to now and the episodes that are over; whoever runs for days calls it now and then.
    pub fn take_truth(&mut self) -> Truth {
        let now_s = self.now_s();
        let beats = self.known_beats.partition_point(|beat| beat.r_s < now_s);
        let episodes = self.known_episodes.partition_point(|episode| episode.to_s <= now_s);
        // One may lie half a sample before the next block, which has to show it.
        let pulses = self.known_pulses_s.partition_point(|at_s| *at_s < now_s - 1.0 / self.rate_hz);
        Truth {
            beats: self.known_beats.drain(..beats).collect(),
            episodes: self.known_episodes.drain(..episodes).collect(),
            pulses_s: self.known_pulses_s.drain(..pulses).collect(),
        }
    }

    /// What will have happened at `to_s`, without making the signal. Leaves out what was taken before.
    pub fn truth_until(mut self, to_s: f64) -> Truth {
        self.plan(to_s);
        self.next_sample = self.next_sample.max((to_s * self.rate_hz).ceil() as u64);
        self.truth()
    }

    /// Begin, peak and end of every wave in each lead up to `to_s`, in the order of [`Lead::ALL`], without making the signal.
    /// To be asked for before the first sample.
    pub fn marks_until(mut self, to_s: f64) -> [Vec<WaveMark>; 12] {
        self.plan(to_s);
        let mut marks: [Vec<WaveMark>; 12] = Default::default();
        for beat in &self.beats {
            marks.iter_mut().zip(beat.marks(&self.torso)).for_each(|(all, own)| all.extend(own));
        }
        marks.map(marks::apart)
    }

    /// The beats from `from_s` to `to_s` as somebody marks them who sees P, QRS and T as soon as one lead shows so many mV of
    /// them. To be asked for before the first sample.
    pub fn beats_as_read(mut self, from_s: f64, to_s: f64, seen_mv: [f64; 3]) -> Vec<BeatTruth> {
        self.plan(to_s);
        let within = |beat: &&Beat| beat.truth().is_some_and(|truth| (from_s..to_s).contains(&truth.r_s));
        self.beats.iter().filter(within).filter_map(|beat| beat.as_read(&self.torso, seen_mv)).collect()
    }

    /// What a beat of [`Patient::beats_as_read`] looks like in the leads, in the order of [`Lead::ALL`], without noise. To be
    /// asked for before the first sample.
    pub fn shape_of(mut self, beat: &BeatTruth) -> [LeadTruth; 12] {
        self.plan(beat.t_end_s + LOOK_AHEAD_S);
        let near: Vec<&Beat> = self
            .beats
            .iter()
            .filter(|other| other.begin_s() < beat.t_end_s && other.end_s() > beat.r_s - 1.0)
            .collect();
        shape::of_beat(beat, |t_s| {
            let mut dipole_mv = [0.0; 3];
            for beat in &near {
                beat.add_to(t_s, &mut dipole_mv);
            }
            self.torso.leads_mv(dipole_mv, [0.0; ELECTRODES])
        })
    }

    fn plan(&mut self, to_s: f64) {
        let plan = self.course.plan(to_s);
        for planned in plan.beats {
            // The chest moves the heart: QRS complexes grow and shrink by some per cent with each breath.
            let beat = self.heart.beat(planned, 1.0 + 0.04 * self.breathing.at(planned.r_s), &self.conditions);
            self.known_beats.extend(beat.truth());
            self.known_pulses_s.extend(beat.pulses_s());
            self.beats.push_back(beat);
        }
        for episode in plan.episodes {
            if matches!(
                episode.rhythm,
                Rhythm::AtrialFibrillation { .. }
                    | Rhythm::AtrialFlutter { .. }
                    | Rhythm::VentricularFibrillation
                    | Rhythm::FineVentricularFibrillation { .. }
            ) {
                self.fibrillating.push_back(episode);
            }
            self.known_episodes.push_back(episode);
        }
    }

    fn next_sample_mv(&mut self) -> [f64; 12] {
        let t_s = self.now_s();
        self.plan(t_s + LOOK_AHEAD_S);
        // Nearly in the order of their ends; one that waits behind another adds nothing.
        while self.beats.front().is_some_and(|beat| beat.end_s() <= t_s) {
            self.beats.pop_front();
        }
        while self.fibrillating.front().is_some_and(|episode| episode.to_s <= t_s) {
            self.fibrillating.pop_front();
        }
        let mut dipole_mv = [0.0; 3];
        for beat in self.beats.iter().filter(|beat| beat.begin_s() < t_s) {
            beat.add_to(t_s, &mut dipole_mv);
        }
        for episode in &self.fibrillating {
            let strength = fade((t_s - episode.from_s) / FADE_S) * fade((episode.to_s - t_s) / FADE_S);
            if strength > 0.0 {
                let wave_mv = match episode.rhythm {
                    Rhythm::VentricularFibrillation => self.ventricles.dipole_mv(t_s),
                    Rhythm::FineVentricularFibrillation { peak_mv } => {
                        self.ventricles.dipole_mv(t_s).map(|mv| mv * peak_mv / COARSE_PEAK_MV)
                    }
                    Rhythm::AtrialFlutter { atrial_rate_bpm, .. } => {
                        atrial_flutter_mv(atrial_rate_bpm, t_s - episode.from_s)
                    }
                    _ => self.atria.dipole_mv(t_s),
                };
                let is_atrial =
                    matches!(episode.rhythm, Rhythm::AtrialFlutter { .. } | Rhythm::AtrialFibrillation { .. });
                let strength = if is_atrial { strength * self.atrial_waves_times } else { strength };
                for (sum, mv) in dipole_mv.iter_mut().zip(wave_mv) {
                    *sum += strength * mv;
                }
            }
        }
        let electrodes_mv = self.electrodes.next_mv(t_s, &self.breathing);
        self.next_sample += 1;
        self.torso.leads_mv(dipole_mv, electrodes_mv)
    }
}

/// From 0 at the edge of a stretch smoothly to 1 at `inside` = 1.
fn fade(inside: f64) -> f64 {
    let x = inside.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
