//! One disturbance of an electrode, as a scenario file writes it.

use serde::Deserialize;

use super::{BedError, Spell, file::checked_spell};
use crate::patient::{Disturbance, DisturbanceKind, Electrode};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    Motion,
    Muscle,
    Mains,
    Saturation,
}

/// The table of one disturbance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisturbanceTable {
    kind: KindName,
    electrode: String,
    /// Saturation needs none.
    #[serde(default)]
    level_mv: f64,
    from_s: f64,
    to_s: f64,
}

impl DisturbanceTable {
    /// The disturbance, if there is such an electrode and the time is a spell.
    pub(super) fn checked(&self) -> Result<Disturbance, BedError> {
        let electrode = Electrode::from_name(&self.electrode)
            .ok_or_else(|| BedError::UnknownElectrode { name: self.electrode.clone() })?;
        let Spell { from_s, to_s } = checked_spell("disturbance", self.from_s, self.to_s)?;
        let kind = match self.kind {
            KindName::Motion => DisturbanceKind::Motion,
            KindName::Muscle => DisturbanceKind::Muscle,
            KindName::Mains => DisturbanceKind::Mains,
            KindName::Saturation => DisturbanceKind::Saturation,
        };
        Ok(Disturbance { kind, electrode, from_s, to_s, level_mv: self.level_mv })
    }
}
