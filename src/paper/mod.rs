//! The 12-lead page as an image.
