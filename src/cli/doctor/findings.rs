//! What the doctor has found, line by line, and how many faults.

use anstream::println;

/// Counts what does not work.
#[derive(Default)]
pub struct Findings {
    pub faults: usize,
}

impl Findings {
    /// Says what does not work, why, and what to do.
    pub fn fault(&mut self, what: &str, error: &anyhow::Error, advice: &str) {
        self.faults += 1;
        println!("FAULT  {what:<14} {error}");
        error.chain().skip(1).for_each(|cause| println!("       {:<14} because: {cause}", ""));
        println!("       {:<14} -> {advice}", "");
    }
}

/// Says what works.
pub fn good(what: &str, found: &str) {
    println!("ok     {what:<14} {found}");
}

/// Says what is to be known.
pub fn note(what: &str, found: &str) {
    println!("note   {what:<14} {found}");
}
