"""Loss terms: functions of a View that return one value per example."""
