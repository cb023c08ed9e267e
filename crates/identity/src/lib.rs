//! People, organisations, positions, sign-in.
