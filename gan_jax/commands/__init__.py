"""What one types: a module for each command, which reads its arguments and says what came of it."""
