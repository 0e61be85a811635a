//! What the patient has: a rhythm, a way of conduction, conditions, disturbances.
//!
//! In: a random stream. Out: [`PatientSettings`]. What is rare on a ward is common here, so that it can be learnt.

use rand::Rng;

use super::{
    RATE_HZ, SECONDS,
    body::{self, between_logarithms},
};
use crate::{
    patient::{
        Anatomy, Condition, ConditionKind, Conduction, Disturbance, DisturbanceKind, Electrode, NoiseLevels,
        PatientSettings, Territory,
    },
    rhythm::{Rhythm, Script},
};

const TERRITORIES: [Territory; 4] =
    [Territory::Anterior, Territory::Lateral, Territory::Inferior, Territory::Posterior];

/// How many patients have nothing: whoever has never seen a normal ECG finds something in each.
const HEALTHY: f64 = 0.15;

/// Draws everything about a patient whose portrait begins at `from_s`.
pub(super) fn settings(seed: u64, from_s: f64, random: &mut impl Rng) -> PatientSettings {
    if random.random_bool(HEALTHY) {
        let rhythm = Rhythm::Sinus { rate_bpm: random.random_range(60.0..100.0) };
        return of(seed, from_s, (rhythm, Conduction::Normal, body::draw_healthy(random), Vec::new()), random);
    }
    let rhythm = rhythm(random);
    let conduction = if is_conducted(rhythm) { conduction(random) } else { Conduction::Normal };
    let mut anatomy = body::draw(random);
    if conduction == Conduction::Normal && random.random_bool(0.03) {
        // A slow spread through the muscle without the pattern of either bundle branch.
        anatomy.qrs.wide *= random.random_range(1.3..1.55);
    }
    if matches!(rhythm, Rhythm::AtrialFibrillation { .. }) {
        // Often no wave is to be seen between the beats.
        anatomy.atrial_waves_times = between_logarithms(0.08, 1.6, random);
    }
    anatomy = turned_back(anatomy, conduction);
    if conduction == Conduction::RightBundleBranchBlock && random.random_bool(0.5) {
        // From rSR' to one broad R.
        anatomy.late_right_mv = random.random_range(0.1..0.6);
    }
    let conditions = if is_conducted(rhythm) { conditions(rhythm, conduction, random) } else { Vec::new() };
    of(seed, from_s, (rhythm, conduction, anatomy, conditions), random)
}

/// A patient of this rhythm, conduction, body and these conditions, under some noise.
fn of(
    seed: u64,
    from_s: f64,
    (rhythm, conduction, anatomy, conditions): (Rhythm, Conduction, Anatomy, Vec<ConditionKind>),
    random: &mut impl Rng,
) -> PatientSettings {
    let script = Script::only(rhythm).expect("every number was drawn within its range (this is a bug)");
    PatientSettings {
        rate_hz: RATE_HZ,
        noise: NoiseLevels {
            wander_mv: between_logarithms(0.004, 0.2, random),
            muscle_mv: between_logarithms(0.001, 0.04, random),
        },
        conduction,
        anatomy,
        conditions: conditions.into_iter().map(Condition::always).collect(),
        disturbances: disturbances(from_s, random),
        ..PatientSettings::new(seed, script)
    }
}

/// Do beats come to the ventricles by the conduction system?
fn is_conducted(rhythm: Rhythm) -> bool {
    !matches!(
        rhythm,
        Rhythm::IdioventricularRhythm { .. }
            | Rhythm::AgonalRhythm { .. }
            | Rhythm::VentricularPacing { .. }
            | Rhythm::DualChamberPacing { .. }
            | Rhythm::VentricularTachycardia { .. }
            | Rhythm::PolymorphicVentricularTachycardia { .. }
            | Rhythm::TorsadesDePointes { .. }
            | Rhythm::VentricularFibrillation
            | Rhythm::FineVentricularFibrillation { .. }
            | Rhythm::Asystole
            | Rhythm::VentricularStandstill { .. }
    )
}

fn sinus_rate_bpm(random: &mut impl Rng) -> f64 {
    match random.random_range(0..20) {
        0..4 => random.random_range(36.0..60.0),
        4..15 => random.random_range(60.0..100.0),
        _ => random.random_range(100.0..152.0),
    }
}

/// Draws a rhythm; the shares are in thousandths.
fn rhythm(random: &mut impl Rng) -> Rhythm {
    let usual_bpm = random.random_range(52.0..105.0);
    let paced_bpm = random.random_range(50.0..105.0);
    match random.random_range(0..1000) {
        0..330 => Rhythm::Sinus { rate_bpm: sinus_rate_bpm(random) },
        330..350 => Rhythm::SinusArrhythmia { rate_bpm: random.random_range(50.0..90.0) },
        350..362 => {
            let pause_s = random.random_range(2.0..3.5);
            Rhythm::SinusWithPauses { rate_bpm: random.random_range(50.0..85.0), pause_s, pauses_per_min: 8.0 }
        }
        362..425 => Rhythm::FirstDegreeBlock {
            rate_bpm: random.random_range(45.0..100.0),
            delay_s: random.random_range(0.06..0.2),
        },
        425..453 => Rhythm::WenckebachBlock {
            atrial_rate_bpm: random.random_range(60.0..105.0),
            conducted_beats: random.random_range(2..6),
        },
        453..475 => Rhythm::MobitzTwoBlock {
            atrial_rate_bpm: random.random_range(60.0..105.0),
            conducted_beats: random.random_range(1..5),
        },
        475..500 => Rhythm::CompleteBlock {
            atrial_rate_bpm: random.random_range(62.0..110.0),
            escape_rate_bpm: random.random_range(28.0..56.0),
        },
        500..605 => Rhythm::AtrialFibrillation { rate_bpm: random.random_range(48.0..165.0) },
        605..645 => Rhythm::AtrialFlutter {
            atrial_rate_bpm: random.random_range(230.0..330.0),
            waves_per_beat: random.random_range(2..5),
        },
        645..698 => {
            Rhythm::SinusWithPvcs { rate_bpm: usual_bpm, pvcs_per_min: random.random_range(6.0..usual_bpm / 4.0) }
        }
        698..715 => Rhythm::Bigeminy { rate_bpm: usual_bpm },
        715..727 => Rhythm::Trigeminy { rate_bpm: usual_bpm },
        727..737 => Rhythm::MultiformPvcs { rate_bpm: usual_bpm, pvcs_per_min: random.random_range(12.0..17.0) },
        737..757 => Rhythm::VentricularRuns {
            rate_bpm: usual_bpm,
            run_beats: random.random_range(2..7),
            run_rate_bpm: random.random_range(125.0..200.0),
            runs_per_min: random.random_range(7.0..12.0),
        },
        757..807 => {
            Rhythm::SinusWithPacs { rate_bpm: usual_bpm, pacs_per_min: random.random_range(6.0..usual_bpm / 4.0) }
        }
        807..837 => Rhythm::SupraventricularTachycardia { rate_bpm: random.random_range(140.0..225.0) },
        837..862 => Rhythm::JunctionalRhythm { rate_bpm: random.random_range(36.0..95.0) },
        862..873 => Rhythm::IdioventricularRhythm { rate_bpm: random.random_range(28.0..95.0) },
        873..876 => Rhythm::AgonalRhythm { rate_bpm: random.random_range(12.0..20.0) },
        876..891 => Rhythm::AtrialPacing { rate_bpm: paced_bpm },
        891..913 => Rhythm::VentricularPacing { rate_bpm: paced_bpm },
        913..930 => Rhythm::DualChamberPacing { rate_bpm: paced_bpm },
        930..960 => Rhythm::VentricularTachycardia { rate_bpm: random.random_range(110.0..230.0) },
        960..966 => Rhythm::PolymorphicVentricularTachycardia { rate_bpm: random.random_range(170.0..260.0) },
        966..972 => Rhythm::TorsadesDePointes { rate_bpm: random.random_range(170.0..260.0) },
        972..982 => Rhythm::VentricularFibrillation,
        982..987 => Rhythm::FineVentricularFibrillation { peak_mv: random.random_range(0.12..0.3) },
        987..994 => Rhythm::Asystole,
        _ => Rhythm::VentricularStandstill { atrial_rate_bpm: random.random_range(40.0..110.0) },
    }
}

fn conduction(random: &mut impl Rng) -> Conduction {
    match random.random_range(0..100) {
        0..9 => Conduction::LeftBundleBranchBlock,
        9..18 => Conduction::RightBundleBranchBlock,
        18..25 => Conduction::LeftAnteriorFascicularBlock,
        25..28 => Conduction::LeftPosteriorFascicularBlock,
        28..31 => Conduction::BifascicularBlock,
        31..34 => Conduction::Paced,
        _ => Conduction::Normal,
    }
}

/// A block brings its own axis: the heart under it lies as most hearts do.
fn turned_back(mut anatomy: Anatomy, conduction: Conduction) -> Anatomy {
    if !matches!(conduction, Conduction::Normal | Conduction::Paced) {
        anatomy.qrs.turn_deg[0] = (anatomy.qrs.turn_deg[0] * 0.5).clamp(-22.0, 22.0);
        anatomy.t.turn_deg[0] = anatomy.t.turn_deg[0].clamp(-22.0, 22.0);
        anatomy.late_right_mv = 0.0;
        anatomy.stray *= 0.7;
    }
    anatomy
}

/// What changes the beats. Where the QRS complex is wide, ST and T say little, and little is drawn.
fn conditions(rhythm: Rhythm, conduction: Conduction, random: &mut impl Rng) -> Vec<ConditionKind> {
    let is_narrow = !matches!(conduction, Conduction::LeftBundleBranchBlock | Conduction::Paced);
    let quiet = if is_narrow { 0.38 } else { 0.85 };
    if random.random_bool(quiet) {
        return Vec::new();
    }
    let territory = TERRITORIES[random.random_range(0..TERRITORIES.len())];
    let level_mv = between_logarithms(0.13, 0.6, random);
    let low_mv = between_logarithms(0.08, 0.35, random);
    let deep_mv = random.random_range(0.25..0.9);
    let scar_mv = random.random_range(0.35..1.1);
    let elevation = ConditionKind::StElevation { territory, level_mv };
    let inversion = ConditionKind::TerritorialTInversion { territory, level_mv: deep_mv };
    let scar = ConditionKind::OldInfarction { territory, level_mv: scar_mv };
    if !is_narrow {
        return vec![match random.random_range(0..3) {
            0 => ConditionKind::Hyperkalaemia,
            1 => ConditionKind::LongQt { times: random.random_range(1.12..1.35) },
            _ => ConditionKind::Amplitude { times: random.random_range(0.3..0.6) },
        }];
    }
    match random.random_range(0..100) {
        0..16 => vec![ConditionKind::LeftVentricularHypertrophy],
        16..34
            if matches!(rhythm, Rhythm::Sinus { .. })
                && conduction == Conduction::Normal
                && random.random_bool(0.6) =>
        {
            vec![ConditionKind::WolffParkinsonWhite]
        }
        16..25 => vec![ConditionKind::Amplitude { times: random.random_range(0.2..0.45) }],
        25..32 => vec![ConditionKind::LongQt { times: random.random_range(1.1..1.4) }],
        32..36 => vec![ConditionKind::Hyperkalaemia],
        36..54 => vec![elevation],
        54..59 => vec![elevation, scar],
        59..62 => vec![elevation, inversion],
        62..72 => vec![ConditionKind::StDepression { territory, level_mv: low_mv }],
        72..83 => vec![inversion],
        83..86 => vec![ConditionKind::TInversion],
        86..95 => vec![scar],
        95..98 => vec![scar, inversion],
        _ => vec![ConditionKind::StDepression { territory, level_mv: low_mv }, inversion],
    }
}

/// Hum on all electrodes in one of four, a burst at one of them in one of five.
fn disturbances(from_s: f64, random: &mut impl Rng) -> Vec<Disturbance> {
    let mut all = Vec::new();
    if random.random_bool(0.25) {
        let level_mv = between_logarithms(0.003, 0.04, random);
        // The arms pick up more or less than the chest.
        all.extend(Electrode::ALL.map(|electrode| {
            let level_mv = level_mv * random.random_range(0.2..1.0);
            let (from_s, to_s) = (0.0, from_s + 2.0 * SECONDS);
            Disturbance { kind: DisturbanceKind::Mains, electrode, from_s, to_s, level_mv }
        }));
    }
    if random.random_bool(0.2) {
        let electrode = Electrode::ALL[random.random_range(0..Electrode::ALL.len())];
        let begin_s = from_s + random.random_range(-1.0..SECONDS - 1.0);
        let (kind, level_mv) = if random.random_bool(0.5) {
            (DisturbanceKind::Motion, random.random_range(0.05..0.5))
        } else {
            (DisturbanceKind::Muscle, random.random_range(0.02..0.12))
        };
        let to_s = begin_s + random.random_range(1.5..6.0);
        all.push(Disturbance { kind, electrode, from_s: begin_s, to_s, level_mv });
    }
    all
}
