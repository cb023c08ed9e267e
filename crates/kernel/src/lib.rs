//! Pure rules and values every room shares; no input or output.
