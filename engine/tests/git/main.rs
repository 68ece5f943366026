//! Access to git repositories, beside what the `git` program says of the same ones.

mod blame;
mod changes;
mod damage;
mod fixture;
mod history;
mod opening;
mod random;
