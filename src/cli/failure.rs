//! Why a command ended without success, and the exit status that says so.

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// The user can mend it: wrong usage or bad input. Exit status 2.
    BadInput(anyhow::Error),
    /// It went wrong. Exit status 1.
    Failed(anyhow::Error),
}

impl Failure {
    /// Prints the chain of causes on standard error, one line a level, and gives the exit status.
    pub fn report(&self) -> u8 {
        let (error, status) = match self {
            Failure::BadInput(error) => (error, 2),
            Failure::Failed(error) => (error, 1),
        };
        eprintln!("error: {error}");
        error.chain().skip(1).for_each(|cause| eprintln!("  because: {cause}"));
        status
    }
}

/// Errors of which nothing better is known are failures.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Failed(error)
    }
}

/// Marks an error as one that the user can mend.
pub trait BadInput<T> {
    /// Turns the error into [`Failure::BadInput`].
    fn bad_input(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> BadInput<T> for Result<T, E> {
    fn bad_input(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::BadInput(error.into()))
    }
}
