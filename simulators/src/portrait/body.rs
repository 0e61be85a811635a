//! What the patient is like: the position of the heart, the size and width of its waves, the chest.
//!
//! In: a random stream. Out: an [`Anatomy`]. The ranges are wider than those of adults at rest: what is learnt from them has
//! to hold for bodies that nobody drew.

use rand::Rng;
use rand_distr::{Distribution, Normal};

use crate::patient::{Anatomy, WaveAnatomy};

/// One in so many hearts lies far to the left, one in so many far to the right.
const FAR_LEFT: f64 = 0.09;
const FAR_RIGHT: f64 = 0.07;
/// The lengths of the lead vectors of I, II, V1 to V6.
const LEAD_LENGTHS: [f64; 8] = [0.68, 1.10, 1.06, 1.40, 1.55, 1.36, 1.13, 0.87];

/// Values of every order of magnitude between two are equally likely.
pub(super) fn between_logarithms(least: f64, most: f64, random: &mut impl Rng) -> f64 {
    random.random_range(least.ln()..most.ln()).exp()
}

/// A normal value of this middle and spread, at most 2.5 spreads away.
pub(super) fn about(middle: f64, spread: f64, random: &mut impl Rng) -> f64 {
    let normal = Normal::new(0.0, 1.0).expect("one is a spread (this is a bug)");
    let drawn: f64 = normal.sample(random);
    middle + spread * drawn.clamp(-2.5, 2.5)
}

/// A factor about 1 whose logarithm has this spread.
pub(super) fn factor(spread: f64, random: &mut impl Rng) -> f64 {
    about(0.0, spread, random).exp()
}

/// Draws a body.
pub(super) fn draw(random: &mut impl Rng) -> Anatomy {
    let position: f64 = random.random();
    let frontal_deg = if position < FAR_LEFT {
        random.random_range(-110.0..-55.0)
    } else if position < FAR_LEFT + FAR_RIGHT {
        random.random_range(45.0..110.0)
    } else {
        about(0.0, 22.0, random)
    };
    let horizontal_deg = about(0.0, 18.0, random);
    let qrs = WaveAnatomy {
        times: factor(0.22, random),
        wide: about(0.82, 0.07, random),
        turn_deg: [frontal_deg, horizontal_deg],
    };
    // T follows QRS some of the way, P hardly.
    let t = WaveAnatomy {
        times: factor(0.35, random),
        wide: factor(0.12, random),
        turn_deg: [about(0.3 * frontal_deg, 12.0, random), about(0.3 * horizontal_deg, 15.0, random)],
    };
    let p = WaveAnatomy {
        times: factor(0.35, random),
        wide: factor(0.13, random),
        turn_deg: [about(0.1 * frontal_deg - 12.0, 11.0, random), about(0.0, 18.0, random)],
    };
    // Two poles at the tip of a lead give hardly a spike, one pole a large one, and its direction is the pacemaker's.
    let spike = WaveAnatomy {
        times: between_logarithms(0.06, 1.4, random),
        wide: 1.0,
        turn_deg: [random.random_range(-90.0..90.0), random.random_range(-90.0..90.0)],
    };
    let late_right_mv = if random.random_bool(0.2) { random.random_range(0.08..0.45) } else { 0.0 };
    Anatomy {
        p,
        qrs,
        t,
        spike,
        pr_longer_s: about(0.002, 0.017, random),
        repolarisation_times: about(0.94, 0.05, random),
        stray: random.random_range(0.02..0.26),
        late_right_mv,
        // Injured muscle shows from the J point on, or before it.
        st_rises_before_s: random.random_range(0.022..0.04),
        atrial_waves_times: factor(0.4, random),
        lead_vectors: LEAD_LENGTHS.map(|length| [(); 3].map(|()| about(0.0, 0.13 * length, random))),
    }
}

/// Draws a body in which nothing is out of the ordinary: axis, voltages and intervals of healthy adults.
pub(super) fn draw_healthy(random: &mut impl Rng) -> Anatomy {
    let mut body = draw(random);
    body.qrs.turn_deg = body.qrs.turn_deg.map(|turn_deg| turn_deg.clamp(-25.0, 25.0));
    body.qrs.times = body.qrs.times.clamp(0.75, 1.2);
    body.t.turn_deg = body.t.turn_deg.map(|turn_deg| turn_deg.clamp(-12.0, 12.0));
    body.t.times = body.t.times.clamp(0.75, 1.5);
    body.pr_longer_s = body.pr_longer_s.clamp(-0.03, 0.025);
    body.stray = body.stray.min(0.08);
    body.late_right_mv = 0.0;
    body
}
