package dev.gorgon.train.heads;

import dev.gorgon.train.data.Sample;
import java.util.Iterator;

/** Training samples that can be gone through several times, always the same ones in the same order. */
public interface SampleSource {

    /** All samples from the first on. */
    Iterator<Sample> open();

    /** What they are made of: equal fingerprints mean equal samples. */
    String fingerprint();
}
