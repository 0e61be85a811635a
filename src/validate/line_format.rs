//! The tables of the WFDB programs: in go the counts of each record, out comes the text that `bxb -l` and `sumstats`
//! print for them, so that results can be laid beside published ones.
//!
//! A prime in a heading means that classes are taken together: in rows and columns N stands for N and S, n' for all that
//! is not v; F' is F and Q. A rate that does not exist is printed as a hyphen. The columns are those of WFDB 10; that the
//! text is the same byte for byte could not be tried, as `bxb` was not at hand.

use std::fmt::Write;

use super::beat_class::BeatClass::{self, F, N, Q, S, V};
use super::matrix::{BeatMatrix, BeatRates};

const HEADING: &str = "Record Nn' Vn' Fn' On'  Nv   Vv  Fv' Ov' No' Vo' Fo'  Q Se   Q +P   V Se   V +P  V FPR";

/// A line for each record, their sums, gross rates (of all beats) and average rates (of all records).
pub fn beat_table(records: &[(String, BeatMatrix)]) -> String {
    let mut text = format!("{HEADING}\n");
    let mut sum = BeatMatrix::default();
    for (name, matrix) in records {
        sum += matrix;
        line(&mut text, name, &counts(matrix), Some(&matrix.rates()));
    }
    let rates: Vec<BeatRates> = records.iter().map(|(_, matrix)| matrix.rates()).collect();
    text.push_str(&"_".repeat(HEADING.len()));
    text.push('\n');
    // `sumstats` prints its totals a little to the right of the columns of `bxb`.
    line(&mut text, "Sum  ", &counts(&sum), None);
    rates_line(&mut text, "Gross", &sum.rates());
    rates_line(&mut text, "Average", &BeatRates::average(&rates));
    let of_class = |classes: &[BeatClass]| sum.count(classes, &BeatClass::ALL) + sum.count_missed(classes);
    let (beats, ventricular) = (of_class(&BeatClass::ALL), of_class(&[V]));
    let _ = writeln!(text, "Total QRS complexes: {beats}  Total VEBs: {ventricular}");
    let plural = if records.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "\nSummary of results from {} record{plural}", records.len());
    text
}

/// Every class by what it was called, as `bxb -S` prints it.
pub fn matrix_table(matrix: &BeatMatrix) -> String {
    let mut text =
        "               Algorithm\n        n    s    v    f    q    o\n   _______________________________\n".to_owned();
    for truth in BeatClass::ALL {
        let called = BeatClass::ALL.map(|called| matrix.count(&[truth], &[called]));
        let cells: String = called.map(|count| format!(" {count:4}")).concat();
        let _ = writeln!(text, " {truth:?} |{cells} {:4}", matrix.count_missed(&[truth]));
    }
    let cells: String = BeatClass::ALL.map(|called| format!(" {:4}", matrix.count_false(&[called]))).concat();
    let _ = writeln!(text, " O |{cells}");
    text
}

/// The eleven counts of a line.
fn counts(matrix: &BeatMatrix) -> [u64; 11] {
    const NOT_V: [BeatClass; 4] = [N, S, F, Q];
    [
        matrix.count(&[N, S], &NOT_V),
        matrix.count(&[V], &NOT_V),
        matrix.count(&[F, Q], &NOT_V),
        matrix.count_false(&NOT_V),
        matrix.count(&[N, S], &[V]),
        matrix.count(&[V], &[V]),
        matrix.count(&[F, Q], &[V]),
        matrix.count_false(&[V]),
        matrix.count_missed(&[N, S]),
        matrix.count_missed(&[V]),
        matrix.count_missed(&[F, Q]),
    ]
}

fn line(text: &mut String, name: &str, counts: &[u64; 11], rates: Option<&BeatRates>) {
    const WIDTHS: [usize; 11] = [5, 3, 3, 3, 3, 4, 3, 3, 3, 3, 3];
    let _ = write!(text, "{name:>4}");
    for (count, width) in counts.iter().zip(WIDTHS) {
        let _ = write!(text, " {count:width$}");
    }
    text.push_str(&rates.map(rate_columns).unwrap_or_default());
    text.push('\n');
}

fn rates_line(text: &mut String, name: &str, rates: &BeatRates) {
    let _ = writeln!(text, "{name:<54}{}", rate_columns(rates));
}

fn rate_columns(rates: &BeatRates) -> String {
    let columns = [(rates.se, 2), (rates.ppv, 2), (rates.v_se, 2), (rates.v_ppv, 2), (rates.v_fpr, 3)];
    let column = |(rate, places): (Option<f64>, usize)| {
        rate.map_or_else(|| format!(" {:>6}", "-"), |rate| format!(" {rate:6.places$}"))
    };
    columns.map(column).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(found: &[(u32, BeatClass, BeatClass)], missed: &[BeatClass], added: &[BeatClass]) -> BeatMatrix {
        let mut matrix = BeatMatrix::default();
        for (times, truth, called) in found {
            (0..*times).for_each(|_| matrix.found(*truth, *called));
        }
        for class in missed {
            matrix.missed(*class);
        }
        for class in added {
            matrix.false_beat(*class);
        }
        matrix
    }

    #[test]
    fn the_table_is_that_of_bxb_and_sumstats() {
        let first = matrix(&[(1900, N, N), (33, S, N), (1, N, V), (30, V, V), (2, V, N), (3, F, Q)], &[N, V], &[N]);
        let second = matrix(&[(74, N, N)], &[], &[]);
        let expected = "\
Record Nn' Vn' Fn' On'  Nv   Vv  Fv' Ov' No' Vo' Fo'  Q Se   Q +P   V Se   V +P  V FPR
 100  1933   2   3   1   1   30   0   0   1   1   0  99.90  99.95  90.91  96.77  0.052
100s    74   0   0   0   0    0   0   0   0   0   0 100.00 100.00      -      -  0.000
______________________________________________________________________________________
Sum    2007   2   3   1   1   30   0   0   1   1   0
Gross                                                   99.90  99.95  90.91  96.77  0.050
Average                                                 99.95  99.97  90.91  96.77  0.026
Total QRS complexes: 2045  Total VEBs: 33

Summary of results from 2 records
";
        assert_eq!(beat_table(&[("100".to_owned(), first), ("100s".to_owned(), second)]), expected);
    }

    #[test]
    fn the_matrix_keeps_every_class() {
        let matrix = matrix(&[(12, N, N), (3, S, V), (1, Q, Q)], &[F], &[S]);
        let expected = "               Algorithm
        n    s    v    f    q    o
   _______________________________
 N |   12    0    0    0    0    0
 S |    0    0    3    0    0    0
 V |    0    0    0    0    0    0
 F |    0    0    0    0    0    1
 Q |    0    0    0    0    1    0
 O |    0    1    0    0    0
";
        assert_eq!(matrix_table(&matrix), expected);
    }
}
