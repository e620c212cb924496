"""What a picture looks like and when each frame stands: themes, fonts, the timeline."""
