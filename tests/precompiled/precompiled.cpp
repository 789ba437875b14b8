// CMake compiles a header in advance for a target that has a source.
