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
    Compressions,
    Saturation,
}

/// The table of one disturbance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisturbanceTable {
    kind: KindName,
    /// One of them, or `all`.
    electrode: String,
    /// Saturation needs none.
    #[serde(default)]
    level_mv: f64,
    from_s: f64,
    to_s: f64,
}

impl DisturbanceTable {
    /// The disturbance of each electrode, if there is such an electrode and the time is a spell.
    pub(super) fn checked(&self) -> Result<Vec<Disturbance>, BedError> {
        let electrodes = if self.electrode == "all" {
            Electrode::ALL.to_vec()
        } else {
            let electrode = Electrode::from_name(&self.electrode);
            vec![electrode.ok_or_else(|| BedError::UnknownElectrode { name: self.electrode.clone() })?]
        };
        let Spell { from_s, to_s } = checked_spell("disturbance", self.from_s, self.to_s)?;
        let kind = match self.kind {
            KindName::Motion => DisturbanceKind::Motion,
            KindName::Muscle => DisturbanceKind::Muscle,
            KindName::Mains => DisturbanceKind::Mains,
            KindName::Compressions => DisturbanceKind::Compressions,
            KindName::Saturation => DisturbanceKind::Saturation,
        };
        let on = |electrode| Disturbance { kind, electrode, from_s, to_s, level_mv: self.level_mv };
        Ok(electrodes.into_iter().map(on).collect())
    }
}
