"""ECG: strips, beats, rhythm, pauses, and the learned stage."""
