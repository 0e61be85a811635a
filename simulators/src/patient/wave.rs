//! Waves of the dipole and the shapes of beats that are made of them.
//!
//! A template has its waves in seconds around the R peak of a beat at 60 a minute; see [`super::heart`] for the model.

/// Which part of a beat a wave belongs to; each follows the heart rate in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    P,
    /// The stimulus of a pacemaker.
    Spike,
    Qrs,
    T,
}

/// One Gaussian wave of the dipole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    pub part: Part,
    /// Its peak: seconds from the R peak in a template, from the patient's first sample in a beat.
    pub at_s: f64,
    /// Its standard deviation.
    pub width_s: f64,
    /// The dipole at its peak: to the left, to the feet, to the back.
    pub peak_mv: [f64; 3],
}

/// Beyond so many standard deviations a wave is below 0.004 ‰ of its peak and counts as over.
const REACH: f64 = 5.0;
/// Where a wave begins and ends for the truth, as a length of the dipole. Readers of the CSE study saw about this much.
const VISIBLE_MV: f64 = 0.02;

impl Wave {
    pub(super) fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        let z = (t_s - self.at_s) / self.width_s;
        if z.abs() < REACH {
            let height = (-0.5 * z * z).exp();
            for (sum, peak) in dipole_mv.iter_mut().zip(self.peak_mv) {
                *sum += peak * height;
            }
        }
    }

    pub(super) fn begin_s(&self) -> f64 {
        self.at_s - REACH * self.width_s
    }

    pub(super) fn end_s(&self) -> f64 {
        self.at_s + REACH * self.width_s
    }
}

const fn wave(part: Part, at_s: f64, width_s: f64, peak_mv: [f64; 3]) -> Wave {
    Wave { part, at_s, width_s, peak_mv }
}

/// A conducted beat: right and left atrium; septum, free wall, lateral and basal wall; an asymmetric T wave.
pub(super) const CONDUCTED: [Wave; 8] = [
    wave(Part::P, -0.168, 0.018, [0.050, 0.060, -0.050]),
    wave(Part::P, -0.140, 0.020, [0.085, 0.062, 0.005]),
    wave(Part::Qrs, -0.023, 0.008, [-0.13, -0.02, -0.22]),
    wave(Part::Qrs, 0.000, 0.0105, [1.05, 0.78, 0.15]),
    wave(Part::Qrs, 0.018, 0.011, [0.15, 0.05, 0.75]),
    wave(Part::Qrs, 0.034, 0.009, [-0.15, -0.12, 0.20]),
    wave(Part::T, 0.250, 0.047, [0.18, 0.10, -0.09]),
    wave(Part::T, 0.290, 0.028, [0.21, 0.13, -0.13]),
];

/// Left bundle branch block: no septal wave, two slow waves to the left and the back, T against them. Its QRS complex begins
/// some 30 ms earlier before the R peak, and so does its P wave.
pub(super) const LEFT_BUNDLE_BRANCH_BLOCK: [Wave; 7] = [
    wave(Part::P, -0.198, 0.018, CONDUCTED[0].peak_mv),
    wave(Part::P, -0.170, 0.020, CONDUCTED[1].peak_mv),
    wave(Part::Qrs, -0.028, 0.014, [0.45, 0.25, 0.30]),
    wave(Part::Qrs, 0.000, 0.017, [0.70, 0.45, 0.60]),
    wave(Part::Qrs, 0.042, 0.017, [0.75, 0.10, 0.70]),
    wave(Part::T, 0.240, 0.055, [-0.14, -0.03, -0.20]),
    wave(Part::T, 0.300, 0.042, [-0.22, -0.06, -0.24]),
];

/// Right bundle branch block: the left ventricle as always, then the right one slowly to the right and the front.
pub(super) const RIGHT_BUNDLE_BRANCH_BLOCK: [Wave; 8] = [
    CONDUCTED[0],
    CONDUCTED[1],
    CONDUCTED[2],
    CONDUCTED[3],
    wave(Part::Qrs, 0.020, 0.012, [0.05, 0.02, 0.45]),
    wave(Part::Qrs, 0.062, 0.018, [-0.45, -0.05, -0.50]),
    wave(Part::T, 0.260, 0.047, [0.20, 0.10, 0.10]),
    wave(Part::T, 0.300, 0.028, [0.22, 0.13, 0.10]),
];

/// Left anterior fascicular block: first to the right and down, then late to the left and up.
pub(super) const LEFT_ANTERIOR_FASCICULAR_BLOCK: [Wave; 8] = [
    CONDUCTED[0],
    CONDUCTED[1],
    wave(Part::Qrs, -0.026, 0.0080, [-0.12, 0.18, -0.15]),
    wave(Part::Qrs, 0.000, 0.0115, [0.80, -0.35, 0.15]),
    wave(Part::Qrs, 0.022, 0.0115, [0.40, -0.65, 0.55]),
    wave(Part::Qrs, 0.038, 0.0090, [-0.10, -0.15, 0.20]),
    CONDUCTED[6],
    CONDUCTED[7],
];

/// Left posterior fascicular block: first to the left and up, then late to the right and down.
pub(super) const LEFT_POSTERIOR_FASCICULAR_BLOCK: [Wave; 8] = [
    CONDUCTED[0],
    CONDUCTED[1],
    wave(Part::Qrs, -0.026, 0.0080, [0.18, -0.15, -0.12]),
    wave(Part::Qrs, 0.000, 0.0115, [0.05, 0.95, 0.10]),
    wave(Part::Qrs, 0.022, 0.0115, [-0.55, 0.55, 0.40]),
    wave(Part::Qrs, 0.038, 0.0090, [-0.20, 0.05, 0.15]),
    CONDUCTED[6],
    CONDUCTED[7],
];

/// Right bundle branch block with left anterior fascicular block.
pub(super) const BIFASCICULAR_BLOCK: [Wave; 8] = [
    CONDUCTED[0],
    CONDUCTED[1],
    LEFT_ANTERIOR_FASCICULAR_BLOCK[2],
    LEFT_ANTERIOR_FASCICULAR_BLOCK[3],
    wave(Part::Qrs, 0.022, 0.0115, [0.30, -0.60, 0.40]),
    RIGHT_BUNDLE_BRANCH_BLOCK[5],
    RIGHT_BUNDLE_BRANCH_BLOCK[6],
    RIGHT_BUNDLE_BRANCH_BLOCK[7],
];

/// The stimulus of a pacemaker in the apex of the right ventricle, as a monitor's filter leaves it.
pub(super) const STIMULUS: Wave = wave(Part::Spike, -0.105, 0.0018, [1.3, -1.5, 0.9]);
/// Which of [`FOCI_MV`] is the apex of the right ventricle.
pub(super) const RIGHT_APEX: usize = 2;

/// Main vectors of beats from the right ventricular outflow tract, the left ventricular apex and the right one.
pub(super) const FOCI_MV: [[f64; 3]; 3] = [[0.5, 1.1, 0.7], [-0.6, -0.9, -0.8], [0.9, -0.8, 0.8]];

/// A beat from a ventricular focus: no P wave, slow spread from muscle to muscle with a slur before and a notch after the
/// main wave, ST and T against the QRS complex. `width` stretches the QRS complex.
///
/// Set against the ventricular beats of MIT-BIH records (14 leads of records), each by the normal beats of its own lead,
/// as 10 %, 50 % and 90 %: the largest root mean square slope over 80 ms in 5 to 25 Hz is 0.52, 1.04 and 2.24 times theirs,
/// the height 0.89, 1.44 and 2.01 times. Here, over leads II, V1, V2 and V5 of normal conduction: 0.57, 0.99 and 1.52
/// times; 0.89, 1.51 and 2.24 times.
pub(super) fn ventricular(main_mv: [f64; 3], width: f64) -> Vec<Wave> {
    let times = |factor: f64| main_mv.map(|component| component * factor);
    let [x, y, z] = main_mv;
    vec![
        wave(Part::Qrs, -0.042 * width, 0.013 * width, [0.40 * x, 0.15 * y, 0.50 * z]),
        wave(Part::Qrs, 0.0, 0.017 * width, times(1.0)),
        wave(Part::Qrs, 0.040 * width, 0.015 * width, [-0.30 * x, 0.35 * y, -0.20 * z]),
        wave(Part::T, 0.190, 0.055, times(-0.14)),
        wave(Part::T, 0.300, 0.050, times(-0.38)),
    ]
}

/// Turned by `frontal` radians towards the feet and by `horizontal` radians towards the back.
pub(super) fn rotated([x, y, z]: [f64; 3], frontal: f64, horizontal: f64) -> [f64; 3] {
    let (sin, cos) = frontal.sin_cos();
    let (x, y) = (x * cos - y * sin, x * sin + y * cos);
    let (sin, cos) = horizontal.sin_cos();
    [x * cos - z * sin, y, x * sin + z * cos]
}

const SEARCH_STEP_S: f64 = 0.0005;

/// Is a dipole so long that it is seen?
pub(super) fn is_visible(dipole_mv: [f64; 3]) -> bool {
    dipole_mv.iter().map(|mv| mv * mv).sum::<f64>() > VISIBLE_MV * VISIBLE_MV
}

fn dipole_mv(waves: &[Wave], t_s: f64) -> [f64; 3] {
    let mut dipole_mv = [0.0; 3];
    for wave in waves {
        wave.add_to(t_s, &mut dipole_mv);
    }
    dipole_mv
}

/// The first time at which the waves together are seen.
pub(super) fn visible_from_s(waves: &[Wave], is_seen: impl Fn([f64; 3]) -> bool) -> f64 {
    let begin = waves.iter().map(Wave::begin_s).fold(f64::INFINITY, f64::min);
    let end = waves.iter().map(Wave::end_s).fold(f64::NEG_INFINITY, f64::max);
    let mut t_s = begin;
    while t_s < end && !is_seen(dipole_mv(waves, t_s)) {
        t_s += SEARCH_STEP_S;
    }
    t_s
}

/// The last time at which the waves together are seen.
pub(super) fn visible_to_s(waves: &[Wave], is_seen: impl Fn([f64; 3]) -> bool) -> f64 {
    let begin = waves.iter().map(Wave::begin_s).fold(f64::INFINITY, f64::min);
    let mut t_s = waves.iter().map(Wave::end_s).fold(f64::NEG_INFINITY, f64::max);
    while t_s > begin && !is_seen(dipole_mv(waves, t_s)) {
        t_s -= SEARCH_STEP_S;
    }
    t_s
}
