//! How much each lead has to say about a beat: the less it is disturbed, the more.

use super::shape::{Cut, Shape};

/// The disturbance of a lead averages over about eight beats.
const BEATS: f64 = 8.0;
/// No two beats of a heart are more alike than to this part of their energy.
const LEAST_REST: f64 = 0.03;
/// A lead is not called more disturbed than this many times the energy of a beat.
const MOST_REST: f64 = 4.0;

/// The weights of all leads.
#[derive(Clone, Debug)]
pub(super) struct LeadWeights {
    /// Mean energy of what is left when the known shape is taken off a beat, in mV² over the points of a shape.
    rests: Vec<f64>,
    weights: Vec<f32>,
}

impl LeadWeights {
    pub fn new(lead_count: usize) -> LeadWeights {
        LeadWeights { rests: vec![0.0; lead_count], weights: vec![1.0; lead_count] }
    }

    /// One weight a lead; only their ratios count.
    pub fn get(&self) -> &[f32] {
        &self.weights
    }

    /// Learns from a beat that was found to be like a shape, in this alignment.
    pub fn learn(&mut self, beat: &Cut, shape: &Shape, shift: usize) {
        for (lead, (rest, weight)) in self.rests.iter_mut().zip(&mut self.weights).enumerate() {
            let Some(seen) = shape.rest(beat, lead, shift) else { continue };
            let energy = shape.energy(lead);
            *rest += (seen.min(MOST_REST * energy) - *rest) / BEATS;
            *weight = (1.0 / (*rest + LEAST_REST * energy).max(1e-4)) as f32;
        }
    }
}
