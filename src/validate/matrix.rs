//! Beats counted by what they are and what they were called: in go pairs, misses and false beats, out come the counts,
//! sensitivities and predictive values of EC57.

use std::ops::AddAssign;

use serde::{Serialize, Serializer};

use super::beat_class::BeatClass;
use super::statistics::percent;

/// How often a beat of one class was called another. The row is the reference, the column the detector.
///
/// As JSON it is an object of the cells that are not 0: `Nn`, `Vo` (missed), `On` (no beat) and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BeatMatrix {
    /// Beats of each class, and last what is no beat (O), by the class they were given: n, s, v, f, q.
    called: [[u64; 5]; 6],
    /// Beats of each class that were missed: column o.
    missed: [u64; 5],
}

impl BeatMatrix {
    /// A beat was found and called `called`.
    pub fn found(&mut self, truth: BeatClass, called: BeatClass) {
        self.called[truth as usize][called as usize] += 1;
    }

    /// A beat was not found.
    pub fn missed(&mut self, truth: BeatClass) {
        self.missed[truth as usize] += 1;
    }

    /// A beat was found where there is none.
    pub fn false_beat(&mut self, called: BeatClass) {
        self.called[5][called as usize] += 1;
    }

    /// Beats of a class of `truths` that were given a class of `called`.
    pub fn count(&self, truths: &[BeatClass], called: &[BeatClass]) -> u64 {
        truths.iter().flat_map(|truth| called.iter().map(|called| self.called[*truth as usize][*called as usize])).sum()
    }

    /// Beats of these classes that were missed.
    pub fn count_missed(&self, truths: &[BeatClass]) -> u64 {
        truths.iter().map(|truth| self.missed[*truth as usize]).sum()
    }

    /// False beats that were given one of these classes.
    pub fn count_false(&self, called: &[BeatClass]) -> u64 {
        called.iter().map(|called| self.called[5][*called as usize]).sum()
    }

    /// Beats that were found.
    pub fn true_positives(&self) -> u64 {
        self.count(&BeatClass::ALL, &BeatClass::ALL)
    }

    /// Beats that were missed.
    pub fn false_negatives(&self) -> u64 {
        self.count_missed(&BeatClass::ALL)
    }

    /// Beats that are none.
    pub fn false_positives(&self) -> u64 {
        self.count_false(&BeatClass::ALL)
    }

    /// Sensitivities and predictive values.
    pub fn rates(&self) -> BeatRates {
        use BeatClass::{F, N, Q, S, V};
        let (found, missed, added) = (self.true_positives(), self.false_negatives(), self.false_positives());
        let of_class = |class| self.count(&[class], &BeatClass::ALL) + self.count_missed(&[class]);
        // EC57: a fusion or unclassifiable beat that is called V is neither right nor wrong, and likewise Q called S.
        let (v_right, v_wrong) = (self.count(&[V], &[V]), self.count(&[N, S], &[V]) + self.count_false(&[V]));
        let (s_right, s_wrong) = (self.count(&[S], &[S]), self.count(&[N, V, F], &[S]) + self.count_false(&[S]));
        let not_v = [N, S, F, Q];
        let v_rejected = self.count(&not_v, &not_v) + self.count_false(&not_v);
        BeatRates {
            se: percent(found, found + missed),
            ppv: percent(found, found + added),
            v_se: percent(v_right, of_class(V)),
            v_ppv: percent(v_right, v_right + v_wrong),
            v_fpr: percent(v_wrong, v_wrong + v_rejected),
            s_se: percent(s_right, of_class(S)),
            s_ppv: percent(s_right, s_right + s_wrong),
        }
    }
}

impl AddAssign<&BeatMatrix> for BeatMatrix {
    fn add_assign(&mut self, other: &BeatMatrix) {
        let cells = self.called.iter_mut().flatten().chain(&mut self.missed);
        cells.zip(other.called.iter().flatten().chain(&other.missed)).for_each(|(cell, more)| *cell += more);
    }
}

impl Serialize for BeatMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const COLUMNS: [char; 6] = ['n', 's', 'v', 'f', 'q', 'o'];
        let missed = self.missed.iter().map(Some).chain([None]);
        let rows = ['N', 'S', 'V', 'F', 'Q', 'O'].into_iter().zip(self.called.iter().zip(missed));
        let cells = rows.flat_map(|(row, (called, missed))| {
            let counts = called.iter().chain(missed).zip(COLUMNS);
            counts.map(move |(count, column)| (format!("{row}{column}"), *count))
        });
        serializer.collect_map(cells.filter(|(_, count)| *count > 0))
    }
}

/// The rates of EC57 in percent; none where there is nothing to divide by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BeatRates {
    /// QRS sensitivity.
    pub se: Option<f64>,
    /// QRS positive predictive value, +P.
    pub ppv: Option<f64>,
    /// Sensitivity to ventricular ectopic beats.
    pub v_se: Option<f64>,
    /// Positive predictive value of ventricular ectopic beats.
    pub v_ppv: Option<f64>,
    /// False positive rate of ventricular ectopic beats.
    pub v_fpr: Option<f64>,
    /// Sensitivity to supraventricular ectopic beats.
    pub s_se: Option<f64>,
    /// Positive predictive value of supraventricular ectopic beats.
    pub s_ppv: Option<f64>,
}

impl BeatRates {
    /// Name and value of each, in the order of the tables.
    pub fn named(&self) -> [(&'static str, Option<f64>); 7] {
        [
            ("Se", self.se),
            ("+P", self.ppv),
            ("V Se", self.v_se),
            ("V +P", self.v_ppv),
            ("V FPR", self.v_fpr),
            ("S Se", self.s_se),
            ("S +P", self.s_ppv),
        ]
    }

    /// The rates in the order of [`BeatRates::named`].
    pub fn from_values(values: [Option<f64>; 7]) -> BeatRates {
        let [se, ppv, v_se, v_ppv, v_fpr, s_se, s_ppv] = values;
        BeatRates { se, ppv, v_se, v_ppv, v_fpr, s_se, s_ppv }
    }

    /// Each rate's mean over those records that have it.
    pub fn average(of: &[BeatRates]) -> BeatRates {
        let values: Vec<_> = of.iter().map(BeatRates::named).collect();
        BeatRates::from_values(std::array::from_fn(|index| {
            let known: Vec<f64> = values.iter().filter_map(|rates| rates[index].1).collect();
            super::statistics::mean(&known)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::BeatClass::{F, N, Q, S, V};
    use super::*;

    /// 8 V called v, 1 n, 1 missed; 2 N called v; 5 F called v; 1 false v; 7 N called n; 3 S called s, 1 missed; 1 V
    /// called s would count against S, 2 Q called s do not.
    fn example() -> BeatMatrix {
        let mut matrix = BeatMatrix::default();
        for (times, truth, called) in
            [(8, V, V), (1, V, N), (2, N, V), (5, F, V), (7, N, N), (3, S, S), (1, V, S), (2, Q, S), (1, F, S)]
        {
            (0..times).for_each(|_| matrix.found(truth, called));
        }
        matrix.missed(V);
        matrix.missed(S);
        matrix.false_beat(V);
        matrix
    }

    #[test]
    fn rates_are_those_worked_out_by_hand() {
        let rates = example().rates();
        assert_eq!((example().true_positives(), example().false_negatives(), example().false_positives()), (30, 2, 1));
        assert_eq!(rates.se, Some(100.0 * 30.0 / 32.0));
        assert_eq!(rates.ppv, Some(100.0 * 30.0 / 31.0));
        assert_eq!(rates.v_se, Some(100.0 * 8.0 / 11.0));
        assert_eq!(rates.v_ppv, Some(100.0 * 8.0 / 11.0));
        // Called something else than v, and no V: 7 Nn, 3 Ss, 2 Qs, 1 Fs.
        assert_eq!(rates.v_fpr, Some(100.0 * 3.0 / 16.0));
        assert_eq!(rates.s_se, Some(75.0));
        assert_eq!(rates.s_ppv, Some(60.0));
    }

    #[test]
    fn json_names_the_cells() {
        let json = serde_json::to_value(example()).unwrap();
        let cells = [("Vv", 8), ("Vn", 1), ("Nv", 2), ("Fv", 5), ("Nn", 7), ("Ss", 3), ("Vs", 1), ("Qs", 2), ("Fs", 1)];
        let missed_and_added = [("Vo", 1), ("So", 1), ("Ov", 1)];
        let expected: std::collections::BTreeMap<_, _> = cells.into_iter().chain(missed_and_added).collect();
        assert_eq!(json, serde_json::json!(expected));
    }

    #[test]
    fn nothing_to_divide_by_is_no_rate() {
        assert_eq!(BeatMatrix::default().rates(), BeatRates::default());
        let (one, none) = (BeatRates { se: Some(50.0), ..BeatRates::default() }, BeatRates::default());
        assert_eq!(BeatRates::average(&[one, none]), one);
    }

    #[test]
    fn sums_add_every_cell() {
        let mut sum = example();
        sum += &example();
        assert_eq!(sum.true_positives(), 60);
        assert_eq!(sum.rates(), example().rates());
    }
}
