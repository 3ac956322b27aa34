package dev.gorgon.train.data;

import java.nio.file.Path;

/**
 * A row of an input file that is no conversation.
 *
 * @param file where it is
 * @param line in which it begins, from 1
 * @param row its number among all rows of the file, from 1
 * @param problem what is wrong with it
 */
public record BadRow(Path file, long line, long row, String problem) {

    @Override
    public String toString() {
        return file + ", line " + line + " (conversation " + row + "): " + problem;
    }
}
