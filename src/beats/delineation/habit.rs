//! How much earlier or later than in the median lead readers mark a boundary in each lead.
//!
//! A wave is small where the heart's vector stands across the lead, and there its first and last parts are lost: the P
//! wave in aVL begins late, the second half of the P wave in V1 and V2 and the end of the T wave in V1 are hidden. The
//! boundaries of a lead say so themselves only where there is no noise. The numbers are the mean distances from what
//! the slopes of the leads say in LUDB (Kalyakulina et al., IEEE Access 2020), alike in both halves of its records.

use crate::ecg::Lead;

/// A boundary of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    POnset,
    PEnd,
    QrsOnset,
    TEnd,
}

/// How much later than in most leads, in samples.
pub(super) fn later(boundary: Boundary, lead: &Lead) -> f64 {
    let [p_onset, p_end, qrs_onset, t_end] = match lead {
        Lead::I => [-0.8, 1.4, 0.1, 0.7],
        Lead::II => [-2.0, 1.8, 0.1, 1.2],
        Lead::III => [-1.0, -0.1, 1.4, -2.4],
        Lead::AVR => [-1.9, 1.4, 1.2, -0.8],
        Lead::AVL => [5.4, 2.9, 1.4, -2.3],
        Lead::AVF => [-1.1, 1.1, 1.1, -0.9],
        Lead::V1 => [0.7, -4.6, -0.7, -5.3],
        Lead::V2 => [-0.1, -3.6, -1.1, -1.2],
        Lead::V3 => [0.1, -1.5, -0.9, 1.7],
        Lead::V4 => [0.1, -0.7, -0.4, 3.1],
        Lead::V5 => [-0.1, 0.1, -0.1, 2.2],
        Lead::V6 => [-0.2, 0.2, -0.3, 0.8],
        Lead::Other(_) => [0.0; 4],
    };
    match boundary {
        Boundary::POnset => p_onset,
        Boundary::PEnd => p_end,
        Boundary::QrsOnset => qrs_onset,
        Boundary::TEnd => t_end,
    }
}
