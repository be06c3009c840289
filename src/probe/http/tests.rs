//! Against real servers on real sockets, each of which misbehaves in its own way.

mod answers;
mod connections;
mod hostile;
mod world;
