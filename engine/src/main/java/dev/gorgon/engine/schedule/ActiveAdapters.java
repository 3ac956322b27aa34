package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import java.util.Optional;

/**
 * What serves a request once the server's default adapter is taken into account: LoRAs never stack, while the default's heads
 * draft for every request that brings none (spec lorax-contract.md §2.3, §3.4).
 */
record ActiveAdapters(Optional<Lora> lora, Optional<Medusa> medusa) {

    static ActiveAdapters of(Optional<Adapter> requested, Optional<Adapter> byDefault) {
        Optional<Adapter> chosen = requested.or(() -> byDefault);
        return new ActiveAdapters(
                chosen.flatMap(Adapter::lora),
                chosen.flatMap(Adapter::medusa).or(() -> byDefault.flatMap(Adapter::medusa)));
    }
}
